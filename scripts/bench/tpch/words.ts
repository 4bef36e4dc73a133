/*
 * The vocabulary of the generated data. As many words of each kind, and as long, as the public specification of TPC-H
 * states, since selectivities hang on that; the words are our own.
 */

/** Notice that goes with every figure. */
export const NOTICE =
  "data and queries are our own, after the shapes of TPC-H: figures are not comparable to published TPC results";

/** Regions, in the order of their keys. */
export const REGIONS: readonly string[] = ["NORTH", "SOUTH", "EAST", "WEST", "CENTRE"];

/** Nations in the order of their keys: five of each region, one after the other region by region. */
export const NATIONS: readonly string[] = REGIONS.flatMap((region) =>
  ["COAST", "HILLS", "PLAINS", "LAKES", "ISLES"].map((part) => `${region} ${part}`),
);

/** Market segments of customers. */
export const SEGMENTS: readonly string[] = ["VEHICLES", "HOUSING", "INTERIORS", "HOUSEHOLD", "EQUIPMENT"];

/** Priorities of orders. */
export const PRIORITIES: readonly string[] = ["1-NOW", "2-SOON", "3-USUAL", "4-LATER", "5-WHENEVER"];

/** Ways of shipping. */
export const SHIP_MODES: readonly string[] = ["RAIL", "ROAD", "SEA", "AIR", "AIR FAST", "POST", "COURIER"];

/** What the carrier is told. */
export const INSTRUCTIONS: readonly string[] = ["HAND OVER IN PERSON", "PAY ON DELIVERY", "NONE", "TAKE OLD ONE BACK"];

/** Syllables of a part's type: 6 × 5 × 5 types. */
export const TYPE_WORDS: readonly (readonly string[])[] = [
  ["COMMON", "SMALL", "MEDIUM", "LARGE", "THRIFTY", "PROMOTED"],
  ["COATED", "PLATED", "BRUSHED", "POLISHED", "BURNISHED"],
  ["TIN", "NICKEL", "BRASS", "STEEL", "COPPER"],
];

/** Words of a part's container: 5 × 8 containers. */
export const CONTAINER_WORDS: readonly (readonly string[])[] = [
  ["SM", "MED", "LG", "JUMBO", "WRAP"],
  ["CASE", "BOX", "BAG", "JAR", "PKG", "PACK", "CAN", "DRUM"],
];

/** Words of a part's name: 92. */
export const COLOURS: readonly string[] =
  `amber apricot aqua ash auburn azure beige black blond blue bone brass brick bronze brown burgundy camel cardinal
  celadon cerise charcoal cherry chestnut cinnamon citron claret clay cobalt cocoa copper coral cream crimson cyan denim
  ebony ecru emerald fawn flax forest fuchsia garnet ginger gold green grey hazel heather honey indigo ivory jade khaki
  lavender lemon lilac lime linen magenta mahogany maize maroon mauve mint moss mustard navy ochre olive onyx orange
  orchid peach pear pearl pewter pine pink plum purple red rose ruby rust saffron sage salmon sand scarlet sepia
  sienna`
    .split(/\s+/)
    .slice(0, 92);

/** Words of which comments are made. */
export const COMMENT_WORDS: readonly string[] =
  `accounts agents again along amounts around asked beside bills boldly boxes bring brisk calmly carefully carriers
  checks claims clerks daring deals deposits desks early evenly express final fluffy forms freight furious goods gladly
  hardly helpers idle instead invoices ironic keenly lists managers measure never notices offers orders packages parcels
  pending plans platforms prices quick quiet quotes rarely ready regular reports requests routes samples settle ships
  silent sleepy slow special stacks steady stock sudden swift tags terms theories trains trucks under unusual urgent
  visits wait warehouses weekly within yards`.split(/\s+/);

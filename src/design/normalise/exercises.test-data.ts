/** An exercise in the form of the classical ones: a relation, its keys and the highest normal form. */
export interface Exercise {
  readonly about: string;
  /**
   * The textbook whose example or exercise it follows, and what that publishes of it; or that it was worked by hand.
   * Numbers of exercises change between editions, and are given only with theirs.
   */
  readonly source: string;
  readonly given: string;
  /** Candidate keys, attributes in the relation's order, blanks between. */
  readonly keys: readonly string[];
  readonly form: "1NF" | "2NF" | "3NF" | "BCNF";
  /** On the way to BCNF a dependency is lost; absent where all are kept. */
  readonly bcnfLoses?: true;
}

const DATE = "Date, An Introduction to Database Systems, on further normalisation";
const ELMASRI = "Elmasri and Navathe, Fundamentals of Database Systems, on normal forms";
const ULLMAN = "Ullman, Principles of Database and Knowledge-Base Systems, on design theory";
const GARCIA = "Garcia-Molina, Ullman and Widom, Database Systems: The Complete Book, 2nd edition, chapter 3";
const SILBERSCHATZ = "Silberschatz, Korth and Sudarshan, Database System Concepts, on relational design";
const RAMAKRISHNAN = "Ramakrishnan and Gehrke, Database Management Systems, 3rd edition, chapter 19";
const BY_HAND = "worked by hand";

/** After the textbooks of the field where `source` names one; names of attributes and wording are ours. */
export const EXERCISES: readonly Exercise[] = [
  {
    about: "shipments with the supplier's city and its status",
    source: `${DATE}: FIRST, in 1NF only; its key is the supplier with the part`,
    given: "R(S#, STATUS, CITY, P#, QTY): S# -> CITY; CITY -> STATUS; S# P# -> QTY",
    keys: ["S# P#"],
    form: "1NF",
  },
  {
    about: "a supplier's city and the city's status",
    source: `${DATE}: SECOND, in 2NF and not in 3NF`,
    given: "R(S#, STATUS, CITY): S# -> CITY; CITY -> STATUS",
    keys: ["S#"],
    form: "2NF",
  },
  {
    about: "shipments by a supplier's number and unique name",
    source: `${DATE}: SSP, with two overlapping keys, in 3NF and not in BCNF`,
    given: "R(S#, SNAME, P#, QTY): S# -> SNAME; SNAME -> S#; S# P# -> QTY",
    keys: ["S# P#", "SNAME P#"],
    form: "3NF",
  },
  {
    about: "one teacher per student and subject, one subject per teacher",
    source: `${DATE}: SJT, in 3NF and not in BCNF; splitting loses the dependency of the teacher`,
    given: "R(student, subject, teacher): student subject -> teacher; teacher -> subject",
    keys: ["student subject", "student teacher"],
    form: "3NF",
    bcnfLoses: true,
  },
  {
    about: "places in an examination, without ties",
    source: `${DATE}: EXAM, whose keys overlap and which is in BCNF all the same`,
    given: "R(student, subject, place): student subject -> place; subject place -> student",
    keys: ["student subject", "subject place"],
    form: "BCNF",
  },
  {
    about: "addresses",
    source: `${ULLMAN}: city, street and zip, in 3NF; no BCNF decomposition keeps both dependencies`,
    given: "R(street, city, zip): street city -> zip; zip -> city",
    keys: ["street city", "street zip"],
    form: "3NF",
    bcnfLoses: true,
  },
  {
    about: "lots of land with a county's tax rate",
    source: `${ELMASRI}: LOTS, two keys, not in 2NF`,
    given: `R(property, county, lot, area, price, tax)
      property -> county lot area price tax
      county lot -> property area price tax
      county -> tax
      area -> price`,
    keys: ["property", "county lot"],
    form: "1NF",
  },
  {
    about: "lots of land, priced by area",
    source: `${ELMASRI}: LOTS1, in 2NF and not in 3NF`,
    given: `R(property, county, lot, area, price)
      property -> county lot area price; county lot -> property area price; area -> price`,
    keys: ["property", "county lot"],
    form: "2NF",
  },
  {
    about: "lots of land whose sizes tell the county",
    source: `${ELMASRI}: LOTS1A, in 3NF and not in BCNF`,
    given: "R(property, county, lot, area): property -> county lot area; county lot -> property area; area -> county",
    keys: ["property", "county lot", "lot area"],
    form: "3NF",
    bcnfLoses: true,
  },
  {
    about: "drinkers, the beers they like, and who brews them",
    source: `${BY_HAND}, after the drinkers and beers of many lectures`,
    given: "R(name, address, likes, brewer, favourite): name -> address favourite; likes -> brewer",
    keys: ["name likes"],
    form: "1NF",
  },
  {
    about: "films with a row for each star",
    source: `${GARCIA}: Movies1, whose key is title, year and star, and which is not in BCNF`,
    given: "R(title, year, minutes, genre, studio, star): title year -> minutes genre studio",
    keys: ["title year star"],
    form: "1NF",
  },
  {
    about: "films with the studio's address",
    source: BY_HAND,
    given: "R(title, year, minutes, studio, address): title year -> minutes studio; studio -> address",
    keys: ["title year"],
    form: "2NF",
  },
  {
    about: "a film runs in one theatre of a city",
    source: `${GARCIA}: Bookings, two keys, in 3NF and not in BCNF`,
    given: "R(title, theatre, city): theatre -> city; title city -> theatre",
    keys: ["title theatre", "title city"],
    form: "3NF",
    bcnfLoses: true,
  },
  {
    about: "ten attributes, two chains from parts of the key",
    source: `${ELMASRI}: an exercise on the key of R(A, …, J), which is AB, and its decomposition to 2NF and 3NF`,
    given: "R(A,B,C,D,E,F,G,H,I,J): A B -> C; A -> D E; B -> F; F -> G H; D -> I J",
    keys: ["A B"],
    form: "1NF",
  },
  {
    about: "ten attributes, a key of three",
    source: `${ELMASRI}: the exercise after it, with other dependencies and the key ABD`,
    given: "R(A,B,C,D,E,F,G,H,I,J): A B -> C; B D -> E F; A D -> G H; A -> I; H -> J",
    keys: ["A B D"],
    form: "1NF",
  },
  {
    about: "lectures: course, teacher, hour, room, student, grade",
    source: `${ULLMAN}: CTHRSG, whose only key is HS`,
    given: `R(course, teacher, hour, room, student, grade)
      course -> teacher; hour room -> course; hour teacher -> room; course student -> grade; hour student -> room`,
    keys: ["hour student"],
    form: "2NF",
    bcnfLoses: true,
  },
  {
    about: "loans of a bank's branches, several customers each",
    source: `${SILBERSCHATZ}: the lending schema of the earlier editions, whose key is customer and loan`,
    given: "R(branch, city, assets, customer, loan, amount): branch -> city assets; loan -> amount branch",
    keys: ["customer loan"],
    form: "1NF",
  },
  {
    about: "one adviser per student and department",
    source: `${SILBERSCHATZ}: dept_advisor, in 3NF and not in BCNF`,
    given: "R(student, adviser, department): adviser -> department; student department -> adviser",
    keys: ["student adviser", "student department"],
    form: "3NF",
    bcnfLoses: true,
  },
  {
    about: "flights that leave at a fixed time from one gate",
    source: BY_HAND,
    given: `R(flight, departs, date, gate, pilot)
      flight -> departs; departs date gate -> flight; flight date -> gate pilot`,
    keys: ["flight date", "departs date gate"],
    form: "3NF",
    bcnfLoses: true,
  },
  {
    about: "employees, departments, managers",
    source: BY_HAND,
    given: "R(employee, department, manager): employee -> department; department -> manager",
    keys: ["employee"],
    form: "2NF",
  },
  {
    about: "hours on projects, with the names of both",
    source: `${ELMASRI}: EMP_PROJ, not in 2NF`,
    given: "R(ssn, project, hours, ename, pname, place): ssn project -> hours; ssn -> ename; project -> pname place",
    keys: ["ssn project"],
    form: "1NF",
  },
  {
    about: "lines of invoices",
    source: BY_HAND,
    given: `R(invoice, line, customer, product, price, quantity)
      invoice -> customer; invoice line -> product quantity; product -> price`,
    keys: ["invoice line"],
    form: "1NF",
  },
  {
    about: "courses, teachers and books that have nothing to do with each other",
    source: `${DATE}: CTX, all key and in BCNF, though not in 4NF`,
    given: "R(course, teacher, book)",
    keys: ["course teacher book"],
    form: "BCNF",
  },
  {
    about: "a ring of three",
    source: BY_HAND,
    given: "R(A,B,C): A -> B; B -> C; C -> A",
    keys: ["A", "B", "C"],
    form: "BCNF",
  },
  {
    about: "five attributes, four keys",
    source: `${SILBERSCHATZ}: an exercise on R(A, B, C, D, E); the keys are A, BC, CD and E`,
    given: "R(A,B,C,D,E): A -> B C; C D -> E; B -> D; E -> A",
    keys: ["A", "E", "B C", "C D"],
    form: "3NF",
    bcnfLoses: true,
  },
  {
    about: "an attribute that nothing mentions",
    source: `${SILBERSCHATZ}: an exercise on r(A, …, F), in which AF is to be shown a superkey`,
    given: "R(A,B,C,D,E,F): A -> B C D; B C -> D E; B -> D; D -> A",
    keys: ["A F", "B F", "D F"],
    form: "1NF",
  },
  {
    about: "a ring entered by two",
    source: `${GARCIA}: exercise 3.3.1 a`,
    given: "R(A,B,C,D): A B -> C; C -> D; D -> A",
    keys: ["A B", "B C", "B D"],
    form: "3NF",
    bcnfLoses: true,
  },
  {
    about: "two facts of a part of the key",
    source: `${GARCIA}: exercise 3.3.1 b`,
    given: "R(A,B,C,D): B -> C; B -> D",
    keys: ["A B"],
    form: "1NF",
  },
  {
    about: "a ring of pairs",
    source: `${GARCIA}: exercise 3.3.1 c, already in BCNF`,
    given: "R(A,B,C,D): A B -> C; B C -> D; C D -> A; A D -> B",
    keys: ["A B", "A D", "B C", "C D"],
    form: "BCNF",
  },
  {
    about: "a ring of four",
    source: `${GARCIA}: exercise 3.3.1 d, already in BCNF`,
    given: "R(A,B,C,D): A->B; B->C; C->D; D->A",
    keys: ["A", "B", "C", "D"],
    form: "BCNF",
  },
  {
    about: "two ways to one attribute",
    source: `${GARCIA}: exercise 3.3.1 e`,
    given: "R(A,B,C,D,E): A B -> C; D E -> C; B -> D",
    keys: ["A B E"],
    form: "1NF",
  },
  {
    about: "a chain back into the key, with a fact at its end",
    source: `${GARCIA}: exercise 3.3.1 f`,
    given: "R(A,B,C,D,E): A B -> C; C -> D; D -> B; D -> E",
    keys: ["A B", "A C", "A D"],
    form: "1NF",
    bcnfLoses: true,
  },
  {
    about: "operations: the drug given, and its side effect",
    source: BY_HAND,
    given: "R(patient, surgeon, date, operation, drug, effect): patient surgeon date -> operation drug; drug -> effect",
    keys: ["patient surgeon date"],
    form: "2NF",
  },
  {
    about: "contracts: a department buys at most one part from a supplier",
    source: `${RAMAKRISHNAN}: Contracts (CSJDPQV) with JP → C and SD → P`,
    given: "R(C,S,J,D,P,Q,V): C -> S J D P Q V; J P -> C; S D -> P",
    keys: ["C", "J P", "S J D"],
    form: "3NF",
    bcnfLoses: true,
  },
  {
    about: "contracts: and each project deals with a single supplier",
    source: `${RAMAKRISHNAN}: Contracts with J → S besides, split there to SDP, JS and CJDQV`,
    given: "R(C,S,J,D,P,Q,V): C -> S J D P Q V; J P -> C; S D -> P; J -> S",
    keys: ["C", "J D", "J P"],
    form: "1NF",
  },
];

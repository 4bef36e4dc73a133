import type { SurfaceEntry } from "./surface.ts";

/** The surfaces that are started from the command line, by name. */
export const SURFACES: readonly SurfaceEntry[] = [
  {
    name: "mcp",
    summary: "Offer the actions to an agent as MCP tools, over standard input and output",
    load: async () => (await import("./mcp/main.ts")).mcpSurface,
  },
];

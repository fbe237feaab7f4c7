export type { Host, Stop } from "./host";
export { asProblem } from "./host";
export { provideHost, useHost } from "./context";
export type * from "./types";

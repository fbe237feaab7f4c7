// Figures as people read them.
export { bytes, bytesExactly } from "./bytes";
export { duration, clock } from "./durations";
export { when, whenExactly } from "./times";
export { plural, count, grouped, listed } from "./words";
export { shortHash, middle } from "./hashes";

/** Every number that a gate holds a candidate to, with its reason. Units last in the names. */
export const thresholds = {
  edge: {
    /** One candidate in twenty without any edge may look as if it had one: the custom, shared out over attempts. */
    falsePassShareMax: 0.05,
    /** Figures are reported with 95 % intervals; the forecast's correlation must be above zero by its own. */
    intervalCoverage: 0.95,
    correlationMin: 0,
  },
} as const;

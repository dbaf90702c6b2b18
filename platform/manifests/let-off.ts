/** Checks of the objects' linter that an object is let off. Few, each with its reason; the suite `guardrails` counts them. */
export interface LetOff {
  /** As kube-score names them. */
  readonly checks: readonly string[];
  readonly because: string;
}

export const letOffAnnotations = (
  letOff: LetOff | undefined,
): { readonly annotations?: Readonly<Record<string, string>> } =>
  letOff === undefined
    ? {}
    : { annotations: { 'kube-score/ignore': letOff.checks.join(','), 'emp/ignored-because': letOff.because } };

/** What is wrong with something that was checked: a value, because finding it is the check's purpose. */
export interface Problem {
  /** File, `file:line`, or other name of what is wrong, from the repository's root. */
  readonly subject: string;
  readonly problem: string;
  readonly actual: string;
  readonly allowed: string;
}

/** `subject: problem (actual), allowed is allowed` in one line for a person. */
export function problemLine(problem: Problem): string {
  return `${problem.subject}: ${problem.problem} (${problem.actual}), allowed: ${problem.allowed}`;
}

/** Text that must not be in Git: by the marks that issuers put on it, and by names that only secrets have. */

export interface Secret {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly looksLike: string;
}

/** Sources: each issuer's documentation of its format. A password that is called `password` or `secret` is a place for one. */
const MARKS: readonly (readonly [looksLike: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ['an AWS access key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b/],
  ['a GitLab token', /\bglpat-[A-Za-z0-9_-]{20,}\b/],
  ['a Google API key', /\bAIza[0-9A-Za-z_-]{35}\b/],
  ['a Slack token', /\bxox[abposr]-[0-9A-Za-z-]{10,}\b/],
  ['a Pulumi access token', /\bpul-[0-9a-f]{40}\b/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['a JSON web token', /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/],
  ['a URL with a password', /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@'"]+:(?!(?:PASSWORD|password|secret)@)[^\s/@'"$<{]{3,}@/],
  [
    'a value of a secret name',
    /["']?\b(?:password|passwd|secret[_-]?(?:access[_-]?)?key|api[_-]?key|access[_-]?token|client[_-]?secret)\b["']?\s*[:=]\s*["']?(?!["']?(?:null|true|false|\$|<|\{))[^\s"',{}[\]()<>]{8,}/i,
  ],
];

/** In a comment on the line before: what follows only looks like a secret, for the reason given. */
const LET_OFF = /\bno secret: \S/;

/** @param file named in the findings */
export function secretsIn(text: string, file: string): readonly Secret[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    if (LET_OFF.test(lines[index - 1] ?? '')) return [];
    return MARKS.filter(([, pattern]) => pattern.test(line)).map(([looksLike]) => ({
      file,
      line: index + 1,
      looksLike,
    }));
  });
}

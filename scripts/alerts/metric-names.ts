/** Which metrics, with which labels, a PromQL expression asks for. */

export interface Selector {
  readonly metric: string;
  /** Labels that it is matched by. */
  readonly labels: readonly string[];
}

const WORDS = new Set([
  'and',
  'or',
  'unless',
  'by',
  'without',
  'on',
  'ignoring',
  'bool',
  'offset',
  'group_left',
  'group_right',
]);

/** Enough of PromQL for rules and dashboards: what is neither a function, a keyword, a label nor a text is a metric. */
export function selectorsOf(expression: string): Selector[] {
  // Grouping lists hold labels of the result, which are not always the metric's.
  const code = expression.replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, ' ');
  const found: Selector[] = [];
  for (const match of code.matchAll(/([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(\s*\()?/g)) {
    const [, metric = '', matchers = '', call] = match;
    if (call !== undefined || WORDS.has(metric) || inside(code, match.index)) continue;
    found.push({
      metric,
      labels: [...matchers.matchAll(/([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label as string),
    });
  }
  return found;
}

/** Between quotes, or in a range such as `[5m]`. */
function inside(code: string, at: number): boolean {
  const before = code.slice(0, at);
  const quotes = before.split('"').length - 1;
  return quotes % 2 === 1 || before.lastIndexOf('[') > before.lastIndexOf(']') || /[\d.]$/.test(before);
}

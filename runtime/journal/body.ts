/**
 * A record's text: JSON with the keys in the order in which the writer put them, which for one kind is always the same.
 *
 * JSON has no NaN or infinity and would write `null`, losing what a broken model said; here they become the strings
 * "NaN", "Infinity" and "-Infinity", from which `Number(…)` reads the same value back. Typed arrays become lists.
 */
export function bodyText(body: object): string {
  return JSON.stringify(body, exact);
}

function exact(_key: string, value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  return value;
}

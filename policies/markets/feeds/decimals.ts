/** Decimal text, exactly: no float in between. */

/** The shortest text of the same number, which is a JSON number too: "7763.0000" and "07763" are one, ".5" is 0.5. */
export function plainDecimal(text: string): string {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(text) ?? [];
  const digits = `${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
  return digits === '0' ? '0' : `${sign}${digits}`;
}

/** The sum of decimal texts. */
export function sumOf(texts: readonly string[]): string {
  const decimals = Math.max(
    0,
    ...texts.map((text) => text.length - 1 - (text.includes('.') ? text.indexOf('.') : text.length - 1)),
  );
  let sum = 0n;
  for (const text of texts) {
    const [whole = '', fraction = ''] = text.split('.');
    sum += BigInt(`${whole}${fraction.padEnd(decimals, '0')}`);
  }
  const digits = String(sum < 0n ? -sum : sum).padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return plainDecimal(`${sum < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`);
}

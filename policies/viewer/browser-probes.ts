/** Questions to a page that only its own browser can answer. Text, because the page has its own global scope. */
import type { Page } from 'playwright-core';

export interface Contrast {
  readonly text: string;
  readonly ratio: number;
  readonly needed: number;
}

/**
 * Every visible text whose contrast is below WCAG 2.2 AA (4.5, or 3 from 24 px or bold 18.66 px). Colours are resolved by
 * painting them, so that any notation counts; backgrounds are blended from the page's own upwards.
 */
export async function poorContrast(
  page: Page,
): Promise<{ readonly checked: number; readonly poor: readonly Contrast[] }> {
  return await page.evaluate(`(() => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const over = (colours) => {
      context.clearRect(0, 0, 1, 1);
      for (const colour of colours) { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); }
      return [...context.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => {
      const linear = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
      return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    };
    const backgrounds = (element) => {
      const found = [];
      for (let at = element; at !== null; at = at.parentElement) found.unshift(getComputedStyle(at).backgroundColor);
      return found;
    };
    const poor = [];
    let checked = 0;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent.trim();
      const element = walker.currentNode.parentElement;
      if (text === '' || !element.checkVisibility() || element.closest('.hidden, script, .uplot, .skip') !== null) continue;
      const style = getComputedStyle(element);
      const behind = backgrounds(element);
      const [front, back] = [light(over([...behind, style.color])), light(over(behind))];
      const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
      const size = parseFloat(style.fontSize);
      const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
      checked++;
      if (ratio < needed) poor.push({ text: text.slice(0, 40), ratio: Number(ratio.toFixed(2)), needed });
    }
    return { checked, poor };
  })()`);
}

/** Pixels by which the page is wider than its window; 0 when nothing scrolls sideways. */
export async function overflowPx(page: Page): Promise<number> {
  return await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

/** Controls that have no accessible name, as HTML. */
export async function nameless(page: Page): Promise<readonly string[]> {
  return await page.evaluate(`[...document.querySelectorAll('button, a, canvas:not([role=img] canvas), [role], table, progress, section, dialog')]
    .filter((element) => {
      const label = element.getAttribute('aria-label');
      const by = element.getAttribute('aria-labelledby');
      const text = by === null ? element.querySelector('caption')?.textContent ?? element.textContent : document.getElementById(by)?.textContent;
      return !(label?.trim() || text?.trim());
    })
    .map((element) => element.outerHTML.slice(0, 80))`);
}

/** Ids that are used twice. */
export async function doubleIds(page: Page): Promise<readonly string[]> {
  return await page.evaluate(
    `[...document.querySelectorAll('[id]')].map(({ id }) => id).filter((id, i, all) => all.indexOf(id) !== i)`,
  );
}

/** What has the focus: its id, else its text. */
export async function focused(page: Page): Promise<string> {
  return await page.evaluate('document.activeElement.id || document.activeElement.textContent.trim()');
}

/** How much of a canvas is painted, 0…1. */
export async function painted(page: Page, selector: string): Promise<number> {
  return await page.evaluate(`(() => {
    const shown = document.querySelector(${JSON.stringify(selector)});
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [shown.width, shown.height];
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(shown, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let opaque = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i] > 0) opaque++;
    return (4 * opaque) / data.length;
  })()`);
}

/** Sum of layout shifts since the page was asked to count them. */
export async function countShifts(page: Page): Promise<void> {
  await page.evaluate(`window.shifted = 0; new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifted += entry.value;
  }).observe({ type: 'layout-shift' })`);
}

export async function shifted(page: Page): Promise<number> {
  return await page.evaluate('window.shifted');
}

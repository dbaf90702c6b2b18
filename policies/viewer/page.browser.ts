/**
 * The page in a real browser, fed by a real server.
 * Usage: node policies/viewer/page.browser.ts [FOLDER]: screenshots are left in the folder.
 * Ends with "N passed, N failed, N skipped"; without a browser it says so and skips.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { sleepMs } from '../../runtime/clock.ts';
import {
  countShifts,
  doubleIds,
  focused,
  nameless,
  overflowPx,
  painted,
  poorContrast,
  shifted,
} from './browser-probes.ts';
import { DESKTOP, PHONE, Stage } from './browser-stage.ts';
import { buildPage } from './build.ts';
import { realRun } from './real-run.ts';
import { promotionEvents, tradingEvents } from './scenario.ts';
import type { ViewEvent } from './view.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const PANEL_KEYS = {
  m: 'market',
  p: 'profit',
  x: 'fills',
  f: 'forecasts',
  d: 'planner',
  c: 'policy',
  g: 'gates',
  e: 'evolution',
};
const PANELS = Object.values(PANEL_KEYS);
const SNAPSHOTS = 240;

const connected: ViewEvent = { kind: 'link', state: 'connected', sinceUs: 1_767_623_400_000_000, because: '' };
const away: ViewEvent = {
  kind: 'link',
  state: 'away',
  sinceUs: 1_767_623_460_000_000,
  because: 'fetch failed: refused',
};
const trading: ViewEvent = { kind: 'phase', phase: 'trading', note: 'Trading on paper, policy 4f4f4f4f4f4f.' };
const wholeRun = [...promotionEvents(7), trading, ...tradingEvents(7, SNAPSHOTS), connected];

function publishAll(stage: Stage, events: readonly ViewEvent[]): void {
  for (const event of events) stage.server.publish(event);
}

/** Text of one element, spaces made one. */
async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).innerText()).replace(/\s+/g, ' ');
}

/** Tries until it holds, five seconds at most: a loaded machine may draw late, but must draw. */
async function eventually(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (await holds()) return;
    await sleepMs(50);
  }
  throw new Error(`never came true: ${what}`);
}

async function isPainted(page: Page, selector: string, share: number): Promise<void> {
  await eventually(async () => (await painted(page, selector)) > share, `${selector} painted by ${share}`);
}

async function isSound(page: Page): Promise<void> {
  assert.deepEqual(await nameless(page), []);
  assert.deepEqual(await doubleIds(page), []);
  assert.equal(await overflowPx(page), 0);
  const { checked, poor } = await poorContrast(page);
  assert.deepEqual(poor, []);
  assert.ok(checked > 30, `only ${checked} texts were checked`);
}

const checks: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  async 'an empty page says what it waits for and what brings it'(stage) {
    for (const [name, size, scheme] of [
      ['empty-desktop-light', DESKTOP, 'light'],
      ['empty-phone-dark', PHONE, 'dark'],
    ] as const) {
      const page = await stage.open(size, scheme);
      assert.match(await textOf(page, '.note'), /npm run up/);
      for (const panel of PANELS) assert.ok((await textOf(page, `#${panel} .waiting`)).length > 20, panel);
      await isSound(page);
      await stage.picture(page, name);
    }
  },

  async 'a whole run, at both widths and in both colours'(stage) {
    publishAll(stage, wholeRun);
    for (const [width, size] of [
      ['desktop', DESKTOP],
      ['phone', PHONE],
    ] as const) {
      for (const scheme of ['light', 'dark'] as const) {
        const page = await stage.open(size, scheme);
        await page.waitForSelector('.ladder');
        await isPainted(page, '.heat-canvas', 0.3);
        await isPainted(page, '.scatter', 0.01);
        await isSound(page);
        await stage.picture(page, `run-${width}-${scheme}`);
        await page.close();
      }
    }
  },

  async 'a real run on the simulated market, symbol by symbol'(stage) {
    const { events, fills } = realRun(7, 90);
    publishAll(stage, [...promotionEvents(7), trading, ...events, connected]);
    const desktop = await stage.open(DESKTOP, 'dark');
    await desktop.waitForSelector('.ladder');
    assert.equal(await desktop.locator('.figures dd').nth(1).innerText(), String(fills));
    for (const key of ['1', '2', '3']) {
      await desktop.keyboard.press(key);
      await isPainted(desktop, '.heat-canvas', 0.1);
      await stage.picture(desktop, `real-desktop-symbol-${key}`);
    }
    await isSound(desktop);
    const phone = await stage.open(PHONE);
    await phone.waitForSelector('.ladder');
    await isSound(phone);
    await stage.picture(phone, 'real-phone-light');
  },

  async 'figures are those that were sent'(stage) {
    publishAll(stage, wholeRun);
    const page = await stage.open();
    await page.waitForSelector('.ladder');
    const { snapshot } = stage.server.view.runtime as NonNullable<typeof stage.server.view.runtime>;
    const cents = Math.abs(snapshot.pnl.total / 1e4)
      .toFixed(0)
      .padStart(3, '0');
    assert.ok((await textOf(page, '.overview .figures')).includes(`$${cents.slice(0, -2)}.${cents.slice(-2)}`));
    assert.ok((await textOf(page, '#profit tfoot')).includes(`.${cents.slice(-2)}`));
    const [bestTicks] = snapshot.symbols[0]?.bids[0] ?? [0];
    assert.ok(
      (await textOf(page, '.ladder')).includes(
        `${Math.floor(bestTicks / 100)}.${String(bestTicks % 100).padStart(2, '0')}`,
      ),
    );
    assert.equal(await page.locator('#fills tbody tr').count(), Math.min(50, snapshot.fillCount));
    assert.match(await textOf(page, '#planner'), /FEED_STALE SIM-M .*no update for 1\.8 s/);
    assert.match(await textOf(page, '#planner'), /WARMUP all .*64 of 64 decisions/);
    assert.match(await textOf(page, '#planner'), /ORDER_RATE 11/);
    assert.match(await textOf(page, '#gates'), /7 of 7 passed/);
    assert.match(await textOf(page, '#policy'), /evidence verified.*local\/policy-0001.*#4/);
    assert.match(await textOf(page, '#evolution'), /generation 8 of 8/);
    const curves = page.locator('#evolution .loss-curve');
    assert.equal(await curves.count(), 8);
    assert.equal(
      await curves.first().getAttribute('aria-label'),
      'Loss of the training: from 1.42 to 1.31 nats a label',
    );
    assert.equal((await curves.first().locator('polyline').getAttribute('points'))?.split(' ').length, 40);
    assert.match(await textOf(page, '#evolution tbody'), /1\.42 → 1\.31/);
    assert.match(await textOf(page, '#forecasts'), /250 ms ahead rank corr\. −?0\.\d\d/);
    assert.equal(await page.locator('.steps [aria-current]').innerText(), 'Trade');
  },

  async 'a page that was there and one that joins late show the same'(stage) {
    const early = await stage.open();
    for (const event of wholeRun) {
      stage.server.publish(event);
      if (event.kind === 'gate') await sleepMs(5);
    }
    const late = await stage.open();
    await early.waitForSelector('.ladder');
    await late.waitForSelector('.ladder');
    const text = (page: Page) => page.locator('main').innerText();
    await eventually(async () => (await text(early)) === (await text(late)), 'both say the same');
    assert.match(await text(early), /7 of 7 passed/);
  },

  async 'the whole page by keyboard alone'(stage) {
    publishAll(stage, wholeRun);
    const page = await stage.open();
    await page.waitForSelector('.ladder');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Skip to the market');
    await page.keyboard.press('Enter');
    assert.equal(await focused(page), 'market');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'symbol-0');
    const shows = (symbol: string) =>
      eventually(async () => (await textOf(page, '.ladder caption')).includes(symbol), `the ladder shows ${symbol}`);
    await page.keyboard.press('ArrowRight');
    assert.equal(await focused(page), 'symbol-1');
    await shows('SIM-L');
    await page.keyboard.press('End');
    await shows('SIM-M');
    assert.equal(await focused(page), 'symbol-2');
    await page.keyboard.press('1');
    await shows('SIM-S');
    await page.keyboard.press(']');
    await shows('SIM-L');
    await page.keyboard.press('9');
    await page.keyboard.press('[');
    await shows('SIM-S');
    for (const [key, panel] of Object.entries(PANEL_KEYS)) {
      await page.keyboard.press(key);
      assert.equal(await focused(page), panel);
    }
    await page.keyboard.press('m');
    await page.keyboard.press('?');
    await page.locator('dialog').waitFor();
    await stage.picture(page, 'help-desktop-light');
    await page.keyboard.press('e');
    assert.notEqual(await focused(page), 'evolution');
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'hidden' });
    assert.equal(await focused(page), 'market');
    await page.keyboard.press('?');
    await page.locator('dialog').waitFor();
  },

  async 'colours follow the system until a person chooses, and the choice lasts'(stage) {
    publishAll(stage, wholeRun);
    const page = await stage.open(DESKTOP, 'dark');
    const background = () => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
    const night = await background();
    await page.keyboard.press('t');
    const day = await background();
    assert.notEqual(day, night);
    await isSound(page);
    await page.reload();
    await page.waitForSelector('.ladder');
    assert.equal(await background(), day);
    await page.keyboard.press('t');
    assert.equal(await background(), night);
  },

  async 'a runtime that is away leaves its last picture, greyed, and says since when'(stage) {
    publishAll(stage, [...wholeRun, away]);
    const page = await stage.open();
    await page.waitForSelector('.away');
    assert.match(await textOf(page, '.away'), /runtime is away since 14:31:00.*refused/);
    assert.ok(
      Number(await page.evaluate<string>(`getComputedStyle(document.querySelector('#market .market-body')).opacity`)) <
        1,
    );
    assert.equal(await page.locator('#fills tbody tr').count(), 50);
    await stage.picture(page, 'away-desktop-light');
    stage.server.publish(connected);
    await page.waitForSelector('.away', { state: 'detached' });
  },

  async 'a server that is away leaves the last picture, greyed'(stage) {
    publishAll(stage, wholeRun);
    const page = await stage.open(PHONE, 'dark');
    await page.waitForSelector('.ladder');
    await stage.stopServer();
    await page.waitForSelector('.away');
    assert.match(await textOf(page, '.away'), /page’s server is away since \d\d:\d\d:\d\d.*npm run up/);
    assert.ok(await page.locator('.ladder').isVisible());
    assert.equal(await overflowPx(page), 0);
    await stage.picture(page, 'server-away-phone-dark');
  },

  async 'a refusal is said in plain words, with the evidence that failed'(stage) {
    const card = wholeRun.find((event) => event.kind === 'policy') as Extract<ViewEvent, { kind: 'policy' }>;
    const problem = {
      subject: 'policies/approved/4f/step.onnx',
      problem: 'digest differs',
      actual: 'sha256:aa',
      allowed: 'sha256:bb',
    };
    publishAll(stage, [
      { ...card, evidence: { ok: false, problems: [problem] } },
      { kind: 'phase', phase: 'gating', note: 'again' },
      {
        kind: 'gate',
        name: 'edge',
        status: 'failed',
        because: 'earns −0.40 USD a slice, more than 0 is asked',
        measured: { pnlPerSliceUsd: -0.4 },
        thresholds: { pnlPerSliceUsd: 0 },
        seconds: 3,
      },
      { kind: 'gate', name: 'regret', status: 'running', because: '', measured: {}, thresholds: {}, seconds: 0 },
      {
        kind: 'phase',
        phase: 'refused',
        note: 'The champion earns −0.40 USD a slice after fees: nothing was promoted.',
      },
    ]);
    const page = await stage.open(PHONE);
    await page.waitForSelector('.problems');
    assert.match(await textOf(page, '.note'), /earns −0\.40 USD/);
    assert.equal(await page.locator('.steps [aria-current]').innerText(), 'Refused');
    assert.match(await textOf(page, '.problems'), /step\.onnx digest differs: sha256:aa, allowed: sha256:bb/);
    assert.match(await textOf(page, '#gates'), /failed edge/);
    await isSound(page);
    await stage.picture(page, 'refused-phone-light');
  },

  async 'text from outside stays text'(stage) {
    const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    publishAll(stage, [{ kind: 'phase', phase: 'refused', note: evil }]);
    const page = await stage.open();
    await page.waitForFunction(`document.querySelector('.note').textContent.includes('onerror')`);
    assert.equal(await page.title(), 'EMP');
    assert.equal(await page.locator('main img').count(), 0);
  },

  async 'nothing jumps while it trades'(stage) {
    publishAll(stage, wholeRun);
    const page = await stage.open();
    await isPainted(page, '.heat-canvas', 0.3);
    await sleepMs(300);
    await countShifts(page);
    for (const event of tradingEvents(7, SNAPSHOTS + 20).slice(SNAPSHOTS)) {
      stage.server.publish(event);
      await sleepMs(20);
    }
    await sleepMs(100);
    const sum = await shifted(page);
    assert.ok(sum < 0.02, `layout shifted by ${sum}`);
  },
};

const say = (line: string) => process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  if (!existsSync(CHROMIUM)) {
    say(`SKIP: no browser at ${CHROMIUM}; install Chromium or name one in CHROMIUM`);
    say(`0 passed, 0 failed, ${Object.keys(checks).length} skipped`);
    return 0;
  }
  const scratch = mkdtempSync(path.join(tmpdir(), 'emp-page-'));
  const pictures = process.argv[2] ?? scratch;
  mkdirSync(pictures, { recursive: true });
  const directory = path.join(scratch, 'page');
  await buildPage(directory);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  let failed = 0;
  for (const [name, check] of Object.entries(checks)) {
    const stage = new Stage(browser, directory, pictures);
    try {
      await stage.start();
      await check(stage).finally(() => stage.end());
      say(`ok ${name}`);
    } catch (error) {
      failed++;
      say(`not ok ${name}: ${(error as Error).message}`);
    }
  }
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
  say(`${Object.keys(checks).length - failed} passed, ${failed} failed, 0 skipped`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();

import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { ViewerServer } from './server.ts';

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1440, height: 1000 };

/** A viewer of its own for one check, and pages that watch it and their own console. */
export class Stage {
  readonly server: ViewerServer;
  readonly #browser: Browser;
  readonly #pictures: string;
  readonly #pages: Page[] = [];
  readonly #complaints: string[] = [];
  #url = '';
  #stopped = false;

  /** @param pictures folder for screenshots */
  constructor(browser: Browser, pageDirectory: string, pictures: string) {
    this.#browser = browser;
    this.#pictures = pictures;
    this.server = new ViewerServer({ port: 0, pageDirectory });
  }

  async start(): Promise<void> {
    ({ url: this.#url } = await this.server.start());
  }

  async open(viewport = DESKTOP, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
    const page = await this.#browser.newPage({
      viewport,
      colorScheme,
      reducedMotion: 'reduce',
      locale: 'en-GB',
      timezoneId: 'UTC',
    });
    this.#pages.push(page);
    page.setDefaultTimeout(5000);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.#complain(message.text());
    });
    page.on('pageerror', (error) => this.#complain(error.message));
    await page.goto(this.#url);
    await page.waitForSelector('main');
    // Keys are heard once effects have run, which is after the first frame.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 150)))');
    return page;
  }

  /** Leaves the whole page as NAME.png. */
  async picture(page: Page, name: string): Promise<void> {
    await page.screenshot({ path: path.join(this.#pictures, `${name}.png`), fullPage: true });
  }

  /** Takes the server away; that a browser then complains of a lost connection is its duty. */
  async stopServer(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await this.server.stop();
  }

  /** @throws Error when a page's console had an error or a warning */
  async end(): Promise<void> {
    for (const page of this.#pages) await page.close();
    await this.stopServer();
    if (this.#complaints.length > 0) throw new Error(`the console complained: ${this.#complaints.join(' | ')}`);
  }

  #complain(text: string): void {
    if (!this.#stopped) this.#complaints.push(text);
  }
}

/** Somebody in front of the console: a real browser, in which nothing may go wrong unseen. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { repositoryRoot } from '@graft/tools';
import type { Browser, Page } from 'playwright-core';

/** Screenshots of a test run, for people. */
export const SCREENSHOTS = join(repositoryRoot(), 'dist/screenshots');

export interface Visitor {
  readonly page: Page;
  /** Goes to a path below /console and waits until its data is there. */
  go(path: string): Promise<void>;
  /** Keeps a picture of the whole page. */
  shoot(name: string): Promise<void>;
  /** What axe-core finds that is serious or critical, in light colours and in dark. */
  seriousViolations(): Promise<string[]>;
  /** Errors of scripts, of the console and of the content-security policy since the last call. */
  takeProblems(): string[];
}

const settle = async (page: Page): Promise<void> => {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByLabel('loading').first().waitFor({ state: 'detached' });
};

/** Colours that are on their way have a contrast of their own. */
const settleColours = async (page: Page, scheme: 'light' | 'dark'): Promise<void> => {
  await page.locator(`html[data-mantine-color-scheme="${scheme}"]`).waitFor({ state: 'attached' });
  // In the page's own language: there is no DOM here. What turns while something loads never ends.
  await page.evaluate(`(async () => {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const transitions = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.allSettled(transitions.map(({ finished }) => finished));
  })()`);
};

/** @param address of the console, with or without what signs in */
export const visit = async (browser: Browser, address: string): Promise<Visitor> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('console', (said) => {
    if (said.type() === 'error' || said.type() === 'warning') problems.push(said.text());
  });
  await page.goto(address);
  const base = new URL(address);
  return {
    page,
    go: async (path) => {
      await page.goto(new URL(`/console${path}`, base).href);
      await settle(page);
    },
    shoot: async (name) => {
      await mkdir(SCREENSHOTS, { recursive: true });
      await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
    },
    seriousViolations: async () => {
      const found: string[] = [];
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await settleColours(page, colorScheme);
        const { violations } = await new AxeBuilder({ page }).analyze();
        for (const { impact, id, nodes } of violations) {
          if (impact === 'serious' || impact === 'critical')
            found.push(`${colorScheme}: ${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' ')}`);
        }
      }
      await page.emulateMedia({ colorScheme: 'light' });
      return found;
    },
    takeProblems: () => problems.splice(0),
  };
};

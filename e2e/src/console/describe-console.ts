/** The console, looked at by people of different roles, on a stack that has something to show. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { graftPaths } from '@graft/platform';
import { ensureEmojiArt, findBrowser, launchBrowser } from '@graft/tools';
import type { Browser } from 'playwright-core';
import type { System } from '../harness.js';
import { visit, type Visitor } from './visitor.js';

const program = await findBrowser();
const describeInBrowser = program === null ? describe.skip : describe;
if (program === null) console.warn('skipped: no browser for the console; ./graft test installs one, or says why not');

export interface ConsoleOptions {
  /** Whose demo was kept: version 2 was promoted, and rolled back to 1. */
  readonly system: () => Pick<System, 'json'>;
  readonly stack: string;
}

export const describeConsole = ({ system, stack }: ConsoleOptions): void =>
  describeInBrowser('its console', () => {
    let browser: Browser;
    let admin: Visitor;
    beforeAll(async () => {
      browser = await launchBrowser(program ?? '');
      admin = await visit(browser, (await system().json<{ url: string }>(['console', '--stack', stack])).url);
    });
    afterAll(() => browser.close());

    it('signs in by the address that the command prints, and takes the token out of it', async () => {
      await admin.page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
      expect(new URL(admin.page.url()).hash).toBe('');
      await admin.page.getByText('e2e (admin)').waitFor();
    });

    it('tells on its first page what serves, since when and why', async () => {
      await admin.go('/');
      const row = admin.page.getByRole('row', { name: /^emoji/ });
      await row.getByText('rollback').waitFor();
      expect(await row.innerText()).toMatch(/production\s+version 1\b.*by .*, rollback: the demo shows/s);
      const replica = admin.page.getByRole('row', { name: new RegExp(`${stack}-serving`) });
      expect(await replica.innerText()).toMatch(/well\s+emoji version 1/s);
      await admin.shoot('overview');
    });

    it.each([
      ['/', 'Overview'],
      ['/models', 'Models'],
      ['/models/emoji', 'emoji'],
      ['/models/emoji/versions/2', 'emoji version 2'],
      ['/models/emoji/compare?versions=1,2', 'Versions 1, 2 of emoji'],
      ['/models/emoji/ledger', 'Ledger of emoji'],
      ['/runs', 'Runs'],
      ['/datasets', 'Datasets'],
      ['/datasets/emoji', 'emoji'],
    ])('has nothing serious against accessibility, no error and nothing from elsewhere at %s', async (path, title) => {
      await admin.go(path);
      expect(await admin.page.getByRole('heading', { level: 1 }).innerText()).toBe(title);
      expect(await admin.seriousViolations()).toEqual([]);
      expect(admin.takeProblems()).toEqual([]);
      await admin.shoot(`page${path.replaceAll(/[^a-z0-9]+/g, '-')}`);
    });

    it('shows a reviewer the evidence beside the champion’s, and the images that flipped', async () => {
      await admin.go('/models/emoji/versions/2');
      const { page } = admin;
      await page.getByText(/It is better by .* than version 1 on the same images/).waitFor();
      expect(await page.getByRole('row', { name: /accuracy on twitter/ }).innerText()).toMatch(/%.*%/s);
      const fixed = page.getByRole('list', { name: 'Fixed' }).getByRole('button').first();
      await fixed.scrollIntoViewIfNeeded();
      await fixed.click();
      const opened = page.getByRole('dialog');
      await opened.getByRole('table').filter({ hasText: 'Champion' }).waitFor();
      expect(await opened.getByText('(is it)').count()).toBeGreaterThan(0);
      await page.keyboard.press('Escape');
      await opened.waitFor({ state: 'detached' });
    });

    it('takes a decision and a promotion, says what each will do, and shows what serves then', async () => {
      await admin.go('/models/emoji/versions/2');
      const { page } = admin;
      await page.getByRole('button', { name: 'Approve…' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText(/may be promoted to production then/).waitFor();
      await dialog.getByLabel('Why').fill('looked at it in a browser');
      await dialog.getByRole('button', { name: 'Approve…' }).click();
      await page.getByRole('button', { name: 'Promote…' }).click();
      await dialog.getByText(/serves version 1 \(.*\) now, and version 2 \(.*\) then, on 1 live replica/).waitFor();
      await dialog.getByLabel('Why').fill('it is better');
      await dialog.getByRole('button', { name: 'Promote…' }).click();
      await page.getByText(/It serves in production now, as generation \d+/).waitFor({ timeout: 60_000 });
      expect(admin.takeProblems()).toEqual([]);
      const ledger = await system().json<{ version: number; by: string; reason: string }[]>([
        ...['ledger', 'emoji', '--stack', stack],
      ]);
      expect(ledger[0]).toMatchObject({ version: 2, by: 'e2e', reason: 'it is better' });
    });

    it('rolls back by a button that says what it will do', async () => {
      await admin.go('/models/emoji/ledger');
      const { page } = admin;
      await page.getByRole('button', { name: 'Roll back' }).click();
      const dialog = page.getByRole('dialog');
      await dialog
        .getByText(/production goes from version 2 .* to version 1 .*, at once, on its 1 live replica\b/)
        .waitFor();
      await dialog.getByText(/Version 2 is withdrawn/).waitFor();
      await dialog.getByLabel('Why').fill('seen enough of it');
      await dialog.getByRole('button', { name: 'Roll back' }).click();
      await page.getByText('emoji is back at version 1 in production').waitFor();
      await page.getByText('e2e: seen enough of it').waitFor();
      await admin.shoot('rolled-back');
      // Seen by the replica, and told to whoever looks at the first page meanwhile.
      await admin.go('/');
      const replica = page.getByRole('row', { name: new RegExp(`${stack}-serving`) });
      await replica.getByText('emoji version 1').waitFor();
      expect(admin.takeProblems()).toEqual([]);
      const [newest] = await system().json<unknown[]>(['ledger', 'emoji', '--stack', stack]);
      expect(newest).toMatchObject({ version: 1, action: 'rollback', by: 'e2e', reason: 'seen enough of it' });
    });

    /** Answers under a path as the registry gives them, but for some fields: what a demo has none of is looked at all the same. */
    const alter = async (path: string, fields: object): Promise<void> => {
      await admin.page.route(`**/v1/models/emoji/${path}`, async (route) => {
        const response = await route.fetch();
        const answer = (await response.json()) as object;
        await route.fulfill({ response, json: { ...answer, ...fields } });
      });
    };

    it('promotes a version in the form that one chooses, and says what the gate thought of it', async () => {
      const shown = await system().json<{ version: { variants: object[] } }>([
        ...['review', 'emoji', '1', '--stack', stack],
      ]);
      const [fp32] = shown.version.variants;
      await alter('versions/1', { variants: [fp32, { ...fp32, variant: 'int8', gateVerdict: 'insufficient' }] });
      await admin.go('/models/emoji/versions/1');
      const { page } = admin;
      await page.getByText(/It serves in production now/).waitFor();
      await page.getByRole('combobox', { name: 'the form to promote' }).click();
      await page.getByRole('option', { name: 'int8 (gate: insufficient)' }).click();
      await page.getByRole('button', { name: 'Promote…' }).click();
      const dialog = page.getByRole('dialog');
      await dialog
        .getByText(/version 1 \(fp32\) now, and version 1 \(int8\) then, .* evidence for int8 insufficient/)
        .waitFor();
      await dialog.getByLabel('Why').fill('smaller');
      await dialog.getByRole('button', { name: 'Promote…' }).click();
      // The registry knows better.
      await dialog.getByText(/has no variant int8/).waitFor();
      await page.unrouteAll({ behavior: 'wait' });
      expect(admin.takeProblems()).toEqual([expect.stringMatching(/4\d\d/)]);
    });

    it('says of a version that expired what was decided, and takes it up again where the registry lets it', async () => {
      const at = new Date(Date.now() - 86_400_000).toISOString();
      await alter('versions/2', { state: 'expired' });
      await alter('versions/2/review', {
        expiresAt: at,
        approvals: [],
        decisions: [
          {
            by: 'ann',
            at,
            reason: 'fine by me',
            decision: 'approve',
            overrideGate: false,
            reportDigest: '0'.repeat(64),
          },
          {
            by: 'registry',
            at,
            reason: 'nobody decided',
            decision: 'expire',
            overrideGate: false,
            reportDigest: '0'.repeat(64),
          },
        ],
      });
      await admin.go('/models/emoji/versions/2');
      const { page } = admin;
      await page.getByText('Nobody decided in time: it expired yesterday.').waitFor();
      expect(await page.getByRole('list', { name: 'What was decided before' }).innerText()).toMatch(
        /approved, which counts no more, by ann.*expired, by registry, yesterday: nobody decided/s,
      );
      expect(await admin.seriousViolations()).toEqual([]);
      await page.getByRole('button', { name: 'Take up again…' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Why').fill('we were on holiday');
      await dialog.getByRole('button', { name: 'Take up again…' }).click();
      // It did not expire, and the registry says so.
      await dialog.getByText(/only one that expired is reopened/).waitFor();
      await page.unrouteAll({ behavior: 'wait' });
      expect(admin.takeProblems()).toEqual([expect.stringContaining('409')]);
    });

    it('tries the served model on an image of one’s own, and says what it can’t read', async () => {
      await admin.go('/models/emoji');
      const { page } = admin;
      await page.getByRole('link', { name: 'Try it' }).click();
      const [picture] = (await ensureEmojiArt({ cacheDir: graftPaths().cacheDir })).twitter;
      const file = page.getByLabel('image file');
      await file.setInputFiles(picture?.path ?? '');
      await page
        .getByRole('status')
        .getByText(/Said by version 1 .*generation \d+/)
        .waitFor();
      const [told] = await system().json<{ classes: { label: string }[] }[]>([
        ...['classify', 'emoji', picture?.path ?? '', '--stack', stack],
      ]);
      expect(await page.getByRole('status').innerText()).toContain(told?.classes[0]?.label);
      await admin.shoot('try');
      expect(await admin.seriousViolations()).toEqual([]);
      expect(admin.takeProblems()).toEqual([]);
      await file.setInputFiles({ name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
      await page.getByRole('alert').getByText(/image/).first().waitFor();
      expect(admin.takeProblems()).toEqual([expect.stringContaining('422')]);
    });

    it('freezes a model, says so wherever it matters, and lifts the freeze', async () => {
      await admin.go('/models/emoji');
      const { page } = admin;
      const dialog = page.getByRole('dialog');
      await page.getByRole('button', { name: 'Freeze', exact: true }).click();
      await dialog.getByText(/No version of emoji is promoted/).waitFor();
      await dialog.getByLabel('Why').fill('an incident');
      await dialog.getByRole('button', { name: 'Freeze', exact: true }).click();
      await page.getByText(/e2e, .*: an incident\./).waitFor();
      expect(await admin.seriousViolations()).toEqual([]);
      for (const path of ['/', '/models/emoji/versions/2']) {
        await admin.go(path);
        await page.getByText('Frozen: emoji').waitFor();
      }
      await page.getByRole('button', { name: 'Lift the freeze' }).click();
      await dialog.getByLabel('Why').fill('it is over');
      await dialog.getByRole('button', { name: 'Lift the freeze' }).click();
      await page.getByText('Frozen: emoji').waitFor({ state: 'detached' });
      expect(admin.takeProblems()).toEqual([]);
    });

    it('shows a run as it goes, without being loaded again', async () => {
      await admin.go('/runs');
      const { page } = admin;
      await page
        .getByRole('row', { name: /succeeded/ })
        .first()
        .getByRole('link')
        .first()
        .click();
      await page.getByRole('button', { name: 'Run again' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Why').fill('to see how it goes');
      const before = page.url();
      await dialog.getByRole('button', { name: 'Run again' }).click();
      await page.waitForURL((url) => url.href !== before);
      await page.evaluate('globalThis.loadedOnce = true');
      await page.getByText('by e2e: to see how it goes').waitFor();
      const temporal = await page.context().newPage();
      await temporal.goto((await page.getByRole('link', { name: /in Temporal$/ }).getAttribute('href')) ?? '');
      await temporal.getByText('Running').first().waitFor();
      await temporal
        .getByText(/^retrain\//)
        .first()
        .waitFor();
      await temporal.close();
      const stage = (name: string) => page.getByRole('row', { name: new RegExp(`^${name} `) });
      await stage('train').getByText('under way').waitFor({ timeout: 120_000 });
      await admin.shoot('run-under-way');
      for (const name of ['embed', 'train', 'evaluate']) {
        await stage(name).getByText('finished').waitFor({ timeout: 120_000 });
      }
      await page.getByRole('row', { name: /^State succeeded/ }).waitFor({ timeout: 60_000 });
      expect(await page.getByRole('row', { name: /^Images/ }).innerText()).toMatch(/\b0 computed, \d{3,} known/);
      await page.getByRole('link', { name: /^emoji version \d+$/ }).waitFor();
      expect(await page.evaluate('globalThis.loadedOnce')).toBe(true);
      expect(admin.takeProblems()).toEqual([]);
      await admin.shoot('run-finished');
    });

    it('calls a run off', async () => {
      const { page } = admin;
      const dialog = page.getByRole('dialog');
      await page.getByRole('button', { name: 'Run again' }).click();
      await dialog.getByLabel('Why').fill('to call it off');
      const before = page.url();
      await dialog.getByRole('button', { name: 'Run again' }).click();
      await page.waitForURL((url) => url.href !== before);
      await page.getByRole('button', { name: 'Cancel' }).click();
      await dialog.getByText(/no version comes of it/).waitFor();
      await dialog.getByLabel('Why').fill('it was a try');
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('row', { name: /^State cancelled/ }).waitFor({ timeout: 60_000 });
      expect(admin.takeProblems()).toEqual([]);
    });

    it('signs in by a token, refuses another, and is over when one signs out', async () => {
      const { token } = await system().json<{ token: string }>([
        ...['token', 'create', 'someone', '--role', 'viewer', '--stack', stack],
      ]);
      const visitor = await visit(browser, new URL('/console/', admin.page.url()).href);
      const { page } = visitor;
      await page.getByLabel('Token').fill('graft_wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('the registry knows no such token').waitFor();
      expect(visitor.takeProblems()).toEqual([expect.stringContaining('401')]);
      expect(await visitor.seriousViolations()).toEqual([]);
      await visitor.shoot('sign-in');
      await page.getByLabel('Token').fill(token);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('someone (viewer)').waitFor();
      await page.getByRole('heading', { name: 'Waiting for a reviewer' }).waitFor();
      // What the role may not do isn't offered, and is refused all the same.
      await visitor.go('/models/emoji/versions/1');
      await page.getByRole('heading', { name: 'Decision' }).waitFor();
      expect(await page.getByRole('button', { name: /^(Approve|Reject|Promote)/ }).count()).toBe(0);
      const refused = await page.evaluate<number>(
        `fetch('/v1/models/emoji/rollback', { method: 'POST', body: '{"reason":"a try"}', headers: {
          'content-type': 'application/json', authorization: 'Bearer ' + sessionStorage.getItem('graft.token') } }).then(({ status }) => status)`,
      );
      expect(refused).toBe(403);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('Token').waitFor();
      await page.reload();
      await page.getByLabel('Token').waitFor();
      await page.context().close();
    });
  });

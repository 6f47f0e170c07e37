/** `graft data`: datasets, what lands in them, their versions, and what was left out. */
import type { Command } from 'commander';
import { registerCard } from './card.js';
import { registerCheckout } from './checkout.js';
import { registerCorrect } from './correct.js';
import { registerDatasets } from './datasets.js';
import { registerDrift } from './drift.js';
import { registerLand } from './land.js';
import { registerQuarantine } from './quarantine.js';
import { registerShow } from './show.js';
import { registerVersions } from './versions.js';
import { registerWatching } from './watching.js';
import { registerWhy } from './why.js';

export const registerData = (program: Command): void => {
  const data = program.command('data').description('datasets: land images, see versions and what was left out');
  registerLand(data);
  registerDatasets(data);
  registerWhy(data);
  registerWatching(data);
  registerVersions(data);
  registerShow(data);
  registerQuarantine(data);
  registerCorrect(data);
  registerCheckout(data);
  registerCard(data);
  registerDrift(data);
};

/** What the trainer counts, beside what every process does. */
import { Counter, Gauge, type Metrics } from '@graft/platform';

export const createTrainerMetrics = (metrics: Metrics) => {
  const embedded = new Counter({
    name: 'graft_images_embedded_total',
    help: 'Images whose features were computed.',
    registers: [metrics],
  });
  const trainings = new Counter({
    name: 'graft_trainings_started_total',
    help: 'Training processes started.',
    registers: [metrics],
  });
  const polling = new Gauge({
    name: 'graft_trainer_polling',
    help: '1 while every worker polls its queue.',
    registers: [metrics],
  });
  return { embedded, trainings, polling };
};

import { Text } from '@mantine/core';
import type { Evaluation } from '@graft/contracts';
import { lazy } from 'react';
import { count, percent, withInterval } from '../../parts/numbers.js';
import { WhenNear } from '../../parts/when-near.js';
import { Section } from '../../shell/page.js';

const ReliabilityChart = lazy(async () => ({ default: (await import('./reliability-chart.js')).ReliabilityChart }));

/** Whether the probabilities can be taken at their word. */
export const Confidence = ({ report }: { report: Evaluation }) => {
  const { reliability = [], ece } = report.metrics;
  const surest = reliability.at(-1);
  if (surest === undefined) return null;
  return (
    <Section title="Confidence">
      <Text size="sm">
        Where it is surest ({percent(surest.confidence)} on average), it is right in {withInterval(surest.accuracy)} of{' '}
        {count(surest.accuracy.n, 'image')}. On average, its confidence is off by {percent(ece)}.
      </Text>
      <WhenNear height={260}>
        <ReliabilityChart bins={reliability} />
      </WhenNear>
    </Section>
  );
};

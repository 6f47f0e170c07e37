import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { Box } from '@mantine/core';
import type { Evaluation } from '@graft/contracts';

const asPercent = (value: number): string => `${value.toFixed(1)}%`;

/** Recall of each class, beside the champion's. */
export const RecallChart = ({ report }: { report: Evaluation }) => {
  const { champion } = report;
  const theirs = new Map(champion?.metrics.perClass.map(({ label, recall }) => [label, recall.value]));
  const data = report.metrics.perClass.map(({ label, recall }) => {
    const before = theirs.get(label);
    return {
      label,
      'this version': recall.value * 100,
      ...(before === undefined ? {} : { champion: before * 100 }),
    };
  });
  return (
    <Box role="img" aria-label="recall of each class, beside the champion's: as in the table below">
      <BarChart
        h={280}
        data={data}
        dataKey="label"
        series={[
          ...(champion === null ? [] : [{ name: 'champion', color: 'gray.5' }]),
          { name: 'this version', color: 'teal.7' },
        ]}
        valueFormatter={asPercent}
        yAxisProps={{ domain: [0, 100], width: 60 }}
        withLegend
      />
    </Box>
  );
};

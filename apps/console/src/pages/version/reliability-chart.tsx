import '@mantine/charts/styles.css';
import { LineChart } from '@mantine/charts';
import { Box } from '@mantine/core';
import type { ReliabilityBin } from '@graft/contracts';

const asPercent = (value: number): string => `${value.toFixed(1)}%`;

/** How often it is right where it is how sure; a calibrated model lies on the diagonal. */
export const ReliabilityChart = ({ bins }: { bins: readonly ReliabilityBin[] }) => (
  <Box
    role="img"
    aria-label={`reliability: ${bins.map(({ confidence, accuracy }) => `${(confidence * 100).toFixed(0)}% sure, ${(accuracy.value * 100).toFixed(0)}% right`).join('; ')}`}
    maw={560}
  >
    <LineChart
      h={260}
      data={bins.map(({ confidence, accuracy }) => ({
        confidence: (confidence * 100).toFixed(0),
        accuracy: accuracy.value * 100,
        calibrated: confidence * 100,
      }))}
      dataKey="confidence"
      series={[
        { name: 'calibrated', color: 'gray.5', strokeDasharray: '4 4' },
        { name: 'accuracy', color: 'teal.7' },
      ]}
      xAxisLabel="confidence, %"
      yAxisLabel="accuracy, %"
      valueFormatter={asPercent}
      yAxisProps={{ domain: [0, 100] }}
      withLegend
      curveType="linear"
    />
  </Box>
);

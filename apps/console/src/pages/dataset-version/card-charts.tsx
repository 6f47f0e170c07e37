import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { SimpleGrid, Stack, Text } from '@mantine/core';
import type { DatasetCard } from '@graft/contracts';

/** More labels than this make bars that nobody can tell apart: the table has them all. */
const MOST_LABELS = 40;

const SERIES = [
  { name: 'train', color: 'teal.7' },
  { name: 'val', color: 'blue.5' },
  { name: 'test', color: 'orange.6' },
];

export const CardCharts = ({ card }: { card: DatasetCard }) => {
  const labels = [...card.labels].sort((a, b) => b.images - a.images).slice(0, MOST_LABELS);
  const { bounds, counts } = card.brightnessHistogram;
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Stack gap="xs" role="img" aria-label="images of each label, by split: as in the table below">
        <Text size="sm">
          Images of each label{card.labels.length > MOST_LABELS ? `, the ${MOST_LABELS} most frequent` : ''}
        </Text>
        <BarChart
          h={Math.max(160, 28 * labels.length + 60)}
          data={labels.map(({ label, train, val, test }) => ({ label, train, val, test }))}
          dataKey="label"
          series={SERIES}
          type="stacked"
          orientation="vertical"
          yAxisProps={{ width: 130 }}
          withLegend
          withTooltip
        />
      </Stack>
      {card.brightness.images === 0 ? null : (
        <Stack gap="xs" role="img" aria-label="how many images are how bright: spread as in the table below">
          <Text size="sm">Images by brightness, from black to white</Text>
          <BarChart
            h={220}
            data={counts.map((images, at) => ({ brightness: bounds[at]?.toFixed(2) ?? '', images }))}
            dataKey="brightness"
            series={[{ name: 'images', color: 'teal.7' }]}
            withTooltip
          />
        </Stack>
      )}
    </SimpleGrid>
  );
};

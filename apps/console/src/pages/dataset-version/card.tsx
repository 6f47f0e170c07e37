/** What the images of a version are like, in numbers. */
import { Skeleton, Stack, Table, Text } from '@mantine/core';
import type { DatasetCard, DatasetVersion, Spread } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { count, megabytes } from '../../parts/numbers.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';

const CardCharts = lazy(async () => ({ default: (await import('./card-charts.js')).CardCharts }));

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const fine = (value: number): string => value.toFixed(2);

const MEASURES = [
  { name: 'Side (pixels)', key: 'side', say: whole },
  { name: 'Width by height', key: 'aspect', say: fine },
  { name: 'Brightness', key: 'brightness', say: fine },
  { name: 'Contrast', key: 'contrast', say: fine },
  { name: 'Sharpness', key: 'sharpness', say: (value: number) => value.toPrecision(3) },
] as const;

const SpreadRow = ({ name, spread, say }: { name: string; spread: Spread; say: (value: number) => string }) => (
  <Table.Tr>
    <Table.Th scope="row">{name}</Table.Th>
    {spread.images === 0 ? (
      <Table.Td colSpan={5}>not measured</Table.Td>
    ) : (
      (['least', 'low', 'median', 'high', 'most'] as const).map((part) => (
        <Table.Td key={part}>{say(spread[part])}</Table.Td>
      ))
    )}
  </Table.Tr>
);

const Measures = ({ card }: { card: DatasetCard }) => (
  <Table.ScrollContainer minWidth={480}>
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Measure</Table.Th>
          <Table.Th>Least</Table.Th>
          <Table.Th>5%</Table.Th>
          <Table.Th>Median</Table.Th>
          <Table.Th>95%</Table.Th>
          <Table.Th>Most</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {MEASURES.map(({ name, key, say }) => (
          <SpreadRow key={key} name={name} spread={card[key]} say={say} />
        ))}
      </Table.Tbody>
    </Table>
  </Table.ScrollContainer>
);

const Labels = ({ card }: { card: DatasetCard }) => (
  <Table.ScrollContainer minWidth={480}>
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Label</Table.Th>
          <Table.Th>Images</Table.Th>
          <Table.Th>Train</Table.Th>
          <Table.Th>Val</Table.Th>
          <Table.Th>Test</Table.Th>
          <Table.Th>Median side</Table.Th>
          <Table.Th>Mean brightness</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {card.labels.map(({ label, images, train, val, test, medianSide, brightness }) => (
          <Table.Tr key={label}>
            <Table.Th scope="row">{label}</Table.Th>
            {[images, train, val, test, medianSide].map((value, at) => (
              <Table.Td key={at}>{whole(value)}</Table.Td>
            ))}
            <Table.Td>{brightness === null ? '–' : fine(brightness)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  </Table.ScrollContainer>
);

const words = (card: DatasetCard): string =>
  [
    `${megabytes(card.bytes)} of images`,
    ...(card.imbalance === null ? [] : [`the most frequent label has ${fine(card.imbalance)} times the rarest`]),
    `${count(card.nearDuplicates, 'image')} nearly like another one, in its split`,
    count(card.groups, 'group'),
    ...(card.relabelledByHand > 0 ? [`${count(card.relabelledByHand, 'label')} given by corrections`] : []),
    ...(card.retired.length > 0 ? [`labels without images: ${card.retired.join(', ')}`] : []),
  ].join('; ');

export const Card = ({ version }: { version: DatasetVersion }) => {
  const card = useQuery(queries(useRegistry()).datasetCard(version.id));
  return (
    <Section title="What it is like">
      <Loaded query={card}>
        {(told) => (
          <Stack>
            <Text>{words(told)}.</Text>
            <Suspense fallback={<Skeleton h={300} />}>
              <CardCharts card={told} />
            </Suspense>
            <Labels card={told} />
            <Measures card={told} />
          </Stack>
        )}
      </Loaded>
    </Section>
  );
};

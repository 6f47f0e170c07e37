import { Stack, Table, Text } from '@mantine/core';
import type { Drift, ModelVersion } from '@graft/contracts';
import { useQuery } from '@tanstack/react-query';
import { ImageList } from '../../parts/image-list.js';
import { count } from '../../parts/numbers.js';
import { queries } from '../../registry/queries.js';
import { useRegistry } from '../../registry/registry.js';
import { Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';

const SHOWN = 12;

interface Row {
  readonly what: string;
  readonly p: number | null;
  readonly detected: boolean;
  readonly detail: string;
}

const rowsOf = ({ features, labels, quality }: Drift): Row[] => [
  ...(features === null
    ? []
    : [{ what: 'how they look (features)', p: features.p, detected: features.detected, detail: '' }]),
  ...(labels === null ? [] : [{ what: 'how they are labelled', p: labels.p, detected: labels.detected, detail: '' }]),
  ...(quality?.measures ?? []).map(({ measure, pHolm, detected, referenceMedian, newMedian }) => ({
    ...{ what: measure, p: pHolm, detected },
    detail: `median ${newMedian.toPrecision(3)}, before ${referenceMedian.toPrecision(3)}`,
  })),
];

const Story = ({ drift }: { drift: Drift }) => {
  const rows = rowsOf(drift);
  if (rows.length === 0) return <Text c="dimmed">Too few new images to tell ({count(drift.newImages, 'image')}).</Text>;
  return (
    <Stack>
      <Text size="sm">
        {count(drift.newImages, 'new training image')} against the {drift.referenceImages.toLocaleString('en')} that the
        champion learned from.
      </Text>
      <Table w="auto">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Compared</Table.Th>
            <Table.Th>p</Table.Th>
            <Table.Th>Found</Table.Th>
            <Table.Th>Medians</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ what, p, detected, detail }) => (
            <Table.Tr key={what}>
              <Table.Td>{what}</Table.Td>
              <Table.Td>{p?.toPrecision(2)}</Table.Td>
              <Table.Td>{detected ? 'different' : 'no difference'}</Table.Td>
              <Table.Td>{detail}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {drift.farthest.length === 0 ? null : (
        <>
          <Text size="sm">The new images that lie farthest:</Text>
          <ImageList
            label="Farthest new images"
            images={drift.farthest.slice(0, SHOWN).map(({ sha256, distance }, index) => ({
              ...{ key: sha256, digest: sha256 },
              alt: `new image, number ${index + 1} by distance`,
              caption: `distance ${distance.toPrecision(3)}`,
            }))}
          />
        </>
      )}
    </Stack>
  );
};

const Read = ({ digest }: { digest: string }) => (
  <Loaded query={useQuery(queries(useRegistry()).drift(digest))}>{(drift) => <Story drift={drift} />}</Loaded>
);

/** How far the new data lies from what the champion learned from; nothing where nothing was compared. */
export const DriftStory = ({ version }: { version: ModelVersion }) => {
  const digest = version.artifacts.find(({ kind }) => kind === 'drift')?.digest;
  return digest === undefined ? null : (
    <Section title="Drift of the new data">
      <Read digest={digest} />
    </Section>
  );
};

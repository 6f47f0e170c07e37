/** One image, large, with what this version and the champion said of it. */
import { Group, Modal, Stack, Table, Text } from '@mantine/core';
import type { Digest, Prediction } from '@graft/contracts';
import { DatasetImage } from '../../parts/dataset-image.js';
import { percent } from '../../parts/numbers.js';

const LARGE = 480;
const MOST_LABELS = 5;

export interface LookedAt {
  readonly digest: Digest;
  readonly ours: Prediction | undefined;
  readonly theirs: Prediction | undefined;
}

interface ListProps {
  readonly title: string;
  readonly prediction: Prediction | undefined;
  readonly labels: readonly string[];
}

const Probabilities = ({ title, prediction, labels }: ListProps) => {
  if (prediction === undefined) return null;
  const ranked = prediction.probabilities
    .map((probability, index) => ({ label: labels[index] ?? '', probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, MOST_LABELS);
  return (
    <Table w="auto">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{title}</Table.Th>
          <Table.Th>Probability</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {ranked.map(({ label, probability }) => (
          <Table.Tr key={label}>
            <Table.Td fw={label === prediction.label ? 700 : 400}>
              {label}
              {label === prediction.label ? ' (is it)' : ''}
            </Table.Td>
            <Table.Td>{percent(probability)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
};

interface BothAnswersProps {
  /** Null: none is looked at. */
  readonly image: LookedAt | null;
  readonly labels: readonly string[];
  readonly theirLabels?: readonly string[];
  readonly onClose: () => void;
}

export const BothAnswers = ({ image, labels, theirLabels = [], onClose }: BothAnswersProps) => {
  const known = image?.ours ?? image?.theirs;
  return (
    <Modal
      opened={image !== null}
      onClose={onClose}
      size="xl"
      title={known === undefined ? 'An image' : `${known.label}, from ${known.source}`}
      closeButtonProps={{ 'aria-label': 'close' }}
    >
      {image === null ? null : (
        <Stack>
          <Group justify="center">
            <DatasetImage digest={image.digest} alt={known?.label ?? 'an image'} side={LARGE} />
          </Group>
          <Group align="flex-start" justify="center" gap="xl">
            <Probabilities title="This version" prediction={image.ours} labels={labels} />
            <Probabilities title="Champion" prediction={image.theirs} labels={theirLabels} />
          </Group>
          <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            sha256 {image.digest}
          </Text>
        </Stack>
      )}
    </Modal>
  );
};

/** One picture with several labels: a person says what it shows. */
import { Autocomplete, Button, Card, Group, List, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { DatasetImage } from '../../parts/dataset-image.js';
import { useCorrection } from '../../parts/use-correction.js';
import { useMay } from '../../registry/registry.js';
import { ProblemNote } from '../../shell/problem-note.js';
import type { Conflict } from './group-entries.js';

const Decide = ({ dataset, conflict, labels }: { dataset: string; conflict: Conflict; labels: readonly string[] }) => {
  const [label, setLabel] = useState('');
  const [reason, setReason] = useState('');
  const correcting = useCorrection(dataset, () => undefined);
  const chosen = label.trim();
  const [first] = conflict.entries;
  const image = first?.image?.sha256 ?? first?.key ?? '';
  return (
    <Stack gap="xs">
      <Group grow align="flex-start">
        <Autocomplete
          label="What it shows"
          data={[...new Set([...conflict.labels, ...labels])]}
          value={label}
          onChange={setLabel}
          required
        />
        <TextInput
          label="Why"
          value={reason}
          maxLength={2000}
          onChange={(event) => setReason(event.currentTarget.value)}
          required
        />
      </Group>
      {correcting.error === null ? null : <ProblemNote error={correcting.error} />}
      {correcting.isSuccess ? (
        <Text size="sm">Correction {correcting.data.number}: the next version takes it in.</Text>
      ) : (
        <Group justify="flex-end">
          <Button
            size="xs"
            disabled={chosen === '' || reason.trim() === ''}
            loading={correcting.isPending}
            onClick={() =>
              correcting.mutate({
                reason: reason.trim(),
                actions: [{ action: 'relabel', images: [image], label: chosen }],
              })
            }
          >
            {chosen === '' ? 'Take it in' : `Take it in as ${chosen}`}
          </Button>
        </Group>
      )}
    </Stack>
  );
};

export const ConflictCard = ({
  dataset,
  conflict,
  labels,
}: {
  dataset: string;
  conflict: Conflict;
  labels: readonly string[];
}) => {
  const mayCorrect = useMay('createCorrection');
  return (
    <Card withBorder>
      <Stack>
        <Group align="flex-start" wrap="nowrap">
          {conflict.entries.slice(0, 4).map(({ key, thumbnail, image }) => (
            <Stack key={key} gap={4} w={128}>
              {thumbnail === undefined ? null : (
                <DatasetImage digest={thumbnail} alt={`landed as ${image?.label ?? 'unknown'}, ${key}`} />
              )}
              <Text size="sm" fw={600}>
                {image?.label ?? 'no label'}
              </Text>
            </Stack>
          ))}
          <List size="xs" style={{ overflowWrap: 'anywhere' }}>
            {conflict.entries.map(({ key }) => (
              <List.Item key={key}>{key}</List.Item>
            ))}
          </List>
        </Group>
        {mayCorrect ? <Decide dataset={dataset} conflict={conflict} labels={labels} /> : null}
      </Stack>
    </Card>
  );
};

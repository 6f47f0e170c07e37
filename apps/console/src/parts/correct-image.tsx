/** Gives an image another label, or takes it out, by a correction. */
import { Autocomplete, Button, Fieldset, Group, Stack, TextInput } from '@mantine/core';
import type { CorrectionAction } from '@graft/contracts';
import { useState } from 'react';
import { useMay } from '../registry/registry.js';
import { ProblemNote } from '../shell/problem-note.js';
import { useCorrection } from './use-correction.js';

export interface CorrectImageProps {
  readonly dataset: string;
  readonly image: { readonly sha256: string; readonly label: string };
  readonly labels: readonly string[];
  readonly onDone: () => void;
}

export const CorrectImage = ({ dataset, image, labels, onDone }: CorrectImageProps) => {
  const [label, setLabel] = useState('');
  const [reason, setReason] = useState('');
  const correcting = useCorrection(dataset, onDone);
  if (!useMay('createCorrection')) return null;
  const other = label.trim();
  const isSame = other === image.label;
  const isNew = other !== '' && !labels.includes(other);
  const send = (action: CorrectionAction): void => correcting.mutate({ reason: reason.trim(), actions: [action] });
  const images = [image.sha256];
  return (
    <Fieldset legend="Correct it">
      <Stack>
        <Group grow align="flex-start">
          <Autocomplete
            label="What it shows"
            description={isNew ? 'No image has this label yet: a new one is made' : 'The next version has it so'}
            data={labels.filter((each) => each !== image.label)}
            value={label}
            onChange={setLabel}
            error={isSame ? 'It has this label.' : undefined}
          />
          <TextInput
            label="Why"
            description="For those who read it later"
            value={reason}
            maxLength={2000}
            onChange={(event) => setReason(event.currentTarget.value)}
            required
          />
        </Group>
        {correcting.error === null ? null : <ProblemNote error={correcting.error} />}
        <Group justify="flex-end">
          <Button
            variant="default"
            disabled={reason.trim() === ''}
            loading={correcting.isPending}
            onClick={() => send({ action: 'remove', images })}
          >
            Take it out of versions to come
          </Button>
          <Button
            disabled={reason.trim() === '' || other === '' || isSame}
            loading={correcting.isPending}
            onClick={() => send({ action: 'relabel', images, label: other })}
          >
            {other === '' ? 'Give it another label' : `Label it ${other}`}
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
};

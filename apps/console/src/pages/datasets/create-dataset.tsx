import { Button, Group, Modal, NumberInput, Select, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { datasetPolicySchema, type DatasetPolicy } from '@graft/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useNavigate } from 'react-router';
import { datasetPath } from '../../parts/links.js';
import { useRegistry } from '../../registry/registry.js';
import { ProblemNote } from '../../shell/problem-note.js';

const PRESET: DatasetPolicy = datasetPolicySchema.parse({});

const NUMBERS = [
  { name: 'quietSeconds', label: 'Quiet seconds', description: 'A version is made after so long without a new object' },
  { name: 'maxWaitSeconds', label: 'Longest wait in seconds', description: 'Left empty: as long as it takes' },
  { name: 'minNewImages', label: 'New images at least', description: 'Before the longest wait has passed' },
  { name: 'minPerLabel', label: 'Images of each label at least', description: 'With those that landed' },
  { name: 'testShare', label: 'Share of test', description: 'Of what no folder or manifest fixes; 0.01 to 0.5' },
  { name: 'valShare', label: 'Share of val', description: '0 to 0.5' },
] as const;

const LEAKAGE = [
  { value: 'block', label: 'no run starts until a person has looked' },
  { value: 'leave_out', label: 'they are only left out' },
];

export const CreateDataset = ({ taken }: { taken: readonly string[] }) => {
  const [isOpen, { open, close }] = useDisclosure();
  const [name, setName] = useState('');
  const [policy, setPolicy] = useState<DatasetPolicy>(PRESET);
  const [registry, client, navigate] = [useRegistry(), useQueryClient(), useNavigate()];
  const creating = useMutation({
    mutationFn: () => registry.putDataset(name.trim(), policy),
    onSuccess: async (dataset) => {
      void client.invalidateQueries({ queryKey: ['datasets'] });
      await navigate(datasetPath(dataset.name));
    },
  });
  const isTaken = taken.includes(name.trim());
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    creating.mutate();
  };
  return (
    <>
      <Button size="xs" onClick={open}>
        Create a dataset
      </Button>
      <Modal
        opened={isOpen}
        onClose={close}
        title="Create a dataset"
        size="lg"
        closeButtonProps={{ 'aria-label': 'close' }}
      >
        <Stack component="form" onSubmit={submit}>
          <TextInput
            label="Name"
            description="Lower case letters, digits, - and _: images land under it"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={isTaken ? 'There is one of this name.' : undefined}
            required
            data-autofocus
          />
          <Group grow align="flex-start">
            {NUMBERS.slice(0, 2).map((field) => (
              <PolicyNumber key={field.name} {...field} policy={policy} onChange={setPolicy} />
            ))}
          </Group>
          <Group grow align="flex-start">
            {NUMBERS.slice(2, 4).map((field) => (
              <PolicyNumber key={field.name} {...field} policy={policy} onChange={setPolicy} />
            ))}
          </Group>
          <Group grow align="flex-start">
            {NUMBERS.slice(4).map((field) => (
              <PolicyNumber key={field.name} {...field} policy={policy} onChange={setPolicy} />
            ))}
          </Group>
          <Select
            label="Images that would be both trained on and tested on"
            data={LEAKAGE}
            value={policy.onLeakage}
            allowDeselect={false}
            onChange={(value) =>
              setPolicy({ ...policy, onLeakage: datasetPolicySchema.shape.onLeakage.parse(value ?? undefined) })
            }
          />
          {creating.error === null ? null : <ProblemNote error={creating.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Leave it
            </Button>
            <Button type="submit" loading={creating.isPending} disabled={name.trim() === '' || isTaken}>
              Create
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
};

interface PolicyNumberProps {
  readonly name: (typeof NUMBERS)[number]['name'];
  readonly label: string;
  readonly description: string;
  readonly policy: DatasetPolicy;
  readonly onChange: (policy: DatasetPolicy) => void;
}

const PolicyNumber = ({ name, label, description, policy, onChange }: PolicyNumberProps) => (
  <NumberInput
    label={label}
    description={description}
    value={policy[name] ?? ''}
    min={0}
    step={name === 'testShare' || name === 'valShare' ? 0.05 : 1}
    onChange={(value) => {
      if (typeof value === 'number') onChange({ ...policy, [name]: value });
      else if (name === 'maxWaitSeconds') onChange({ ...policy, maxWaitSeconds: null });
    }}
  />
);

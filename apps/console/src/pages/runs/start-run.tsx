import { Button, Group, Modal, Select, Stack, Text, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useNavigate } from 'react-router';
import { useRegistry } from '../../registry/registry.js';
import { ProblemNote } from '../../shell/problem-note.js';

export const StartRun = ({ pipelines }: { pipelines: readonly string[] }) => {
  const [isOpen, { open, close }] = useDisclosure();
  const [pipeline, setPipeline] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const [registry, client, navigate] = [useRegistry(), useQueryClient(), useNavigate()];
  const starting = useMutation({
    mutationFn: (name: string) => registry.requestRun(name, { reason: reason.trim() }),
    onSuccess: async ({ run }) => {
      void client.invalidateQueries({ queryKey: ['runs'] });
      await navigate(`/runs/${run.id}`);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (pipeline !== null) starting.mutate(pipeline);
  };
  return (
    <>
      <Button size="xs" onClick={open}>
        Start a run
      </Button>
      <Modal opened={isOpen} onClose={close} title="Start a run" closeButtonProps={{ 'aria-label': 'close' }}>
        <Stack component="form" onSubmit={submit}>
          <Text size="sm">
            The pipeline trains on the latest version of its dataset. Where it has a run of that version already, that
            one is shown, and none is started.
          </Text>
          <Select label="Pipeline" data={[...pipelines]} value={pipeline} onChange={setPipeline} required />
          <Textarea
            label="Why"
            description="For those who read it later"
            value={reason}
            maxLength={2000}
            onChange={(event) => setReason(event.currentTarget.value)}
            required
          />
          {starting.error === null ? null : <ProblemNote error={starting.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Leave it
            </Button>
            <Button type="submit" loading={starting.isPending} disabled={pipeline === null || reason.trim() === ''}>
              Start
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
};

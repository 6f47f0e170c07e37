/** A button for what changes something: it says what will happen, asks why where that is kept, and shows what the API says. */
import { Button, Group, Modal, Stack, Text, Textarea, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { ProblemNote } from '../shell/problem-note.js';

export interface ActButtonProps extends Pick<ButtonProps, 'color' | 'size' | 'variant' | 'disabled'> {
  readonly label: string;
  /** The question's title; default: the label. */
  readonly title?: string;
  /** What will happen. */
  readonly effect: ReactNode;
  readonly act: (reason: string) => Promise<unknown>;
  /** Whether a reason is kept with it. */
  readonly asksWhy?: boolean;
  /** Told once it is done. */
  readonly done: string;
  /** Keys (their first part) of what is read again. */
  readonly touches: readonly string[];
}

export const ActButton = ({
  label,
  title = label,
  effect,
  act,
  asksWhy = false,
  done,
  touches,
  color,
  ...button
}: ActButtonProps) => {
  const [isOpen, { open, close }] = useDisclosure();
  const [reason, setReason] = useState('');
  const client = useQueryClient();
  const acting = useMutation({
    mutationFn: () => act(reason.trim()),
    onSuccess: () => {
      close();
      setReason('');
      notifications.show({ message: done });
      for (const key of touches) void client.invalidateQueries({ queryKey: [key] });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    acting.mutate();
  };
  return (
    <>
      <Button size="xs" variant="default" {...button} onClick={open}>
        {label}
      </Button>
      <Modal opened={isOpen} onClose={close} title={title} closeButtonProps={{ 'aria-label': 'close' }}>
        <Stack component="form" onSubmit={submit}>
          <Text size="sm">{effect}</Text>
          {asksWhy ? (
            <Textarea
              label="Why"
              description="For those who read it later"
              value={reason}
              maxLength={2000}
              onChange={(event) => setReason(event.currentTarget.value)}
              required
              data-autofocus
            />
          ) : null}
          {acting.error === null ? null : <ProblemNote error={acting.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Leave it
            </Button>
            <Button
              type="submit"
              loading={acting.isPending}
              disabled={asksWhy && reason.trim() === ''}
              {...(color === undefined ? {} : { color })}
            >
              {label}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
};

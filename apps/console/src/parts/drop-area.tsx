/** Where images are dropped, or chosen. Loaded when it is wanted: what it is made of is large. */
import '@mantine/dropzone/styles.css';
import { Stack, Text } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';

export interface DropAreaProps {
  /** What to do. */
  readonly title: string;
  readonly disabled?: boolean;
  /** Of one file. */
  readonly mostBytes: number;
  /** Whether several are taken; default true. */
  readonly multiple?: boolean;
  readonly onFiles: (files: File[]) => void;
}

const DropArea = ({ title, disabled = false, mostBytes, multiple = true, onFiles }: DropAreaProps) => (
  <Dropzone
    onDrop={onFiles}
    disabled={disabled}
    multiple={multiple}
    accept={['image/jpeg', 'image/png', 'image/webp']}
    inputProps={{ 'aria-label': multiple ? 'image files' : 'image file' }}
    p="xl"
  >
    <Stack align="center" gap={4}>
      <Text>{title}</Text>
      <Text size="sm" c="dimmed">
        JPEG, PNG, WebP; {mostBytes / 1024 ** 2} MiB {multiple ? 'each ' : ''}at most
      </Text>
    </Stack>
  </Dropzone>
);
export default DropArea;

/** Some images of a list that may be long: so many at first, more when somebody asks. */
import { Button, Group, Stack, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { CaptionedImage, type ListedImage } from './captioned-image.js';

const AT_ONCE = 24;

export interface ImageListProps {
  readonly label: string;
  readonly images: readonly ListedImage[];
  readonly onOpen?: ((index: number) => void) | undefined;
}

export const ImageList = ({ label, images, onOpen }: ImageListProps) => {
  const [shown, setShown] = useState(AT_ONCE);
  const left = images.length - shown;
  return (
    <Stack gap="xs" align="flex-start">
      <Group role="list" aria-label={label} gap="sm" align="flex-start">
        {images.slice(0, shown).map((image, index) => (
          <div key={image.key} role="listitem">
            {onOpen === undefined ? (
              <CaptionedImage image={image} />
            ) : (
              <UnstyledButton onClick={() => onOpen(index)}>
                <CaptionedImage image={image} />
              </UnstyledButton>
            )}
          </div>
        ))}
      </Group>
      {left <= 0 ? null : (
        <Button size="xs" variant="default" onClick={() => setShown(shown + AT_ONCE)}>
          Show {Math.min(left, AT_ONCE)} more of {left}
        </Button>
      )}
    </Stack>
  );
};

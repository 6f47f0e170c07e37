/** One model: what each environment serves of it, and all of its versions. */
import { Anchor, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { FreezeButton, Freezes } from '../../parts/freezes.js';
import { modelPath, tryPath } from '../../parts/links.js';
import { queries } from '../../registry/queries.js';
import { useMay, useRegistry } from '../../registry/registry.js';
import { Page, Section } from '../../shell/page.js';
import { Loaded } from '../../shell/problem-note.js';
import { ModelsTable } from '../overview/models.js';
import { Versions } from './versions.js';

export const ModelPage = () => {
  const { model: name = '' } = useParams();
  const mayTry = useMay('classify');
  const model = useQuery(queries(useRegistry()).model(name));
  return (
    <Page
      title={name}
      above={[{ title: 'Models', to: '/models' }]}
      actions={
        <Group>
          <FreezeButton model={name} />
          {mayTry ? (
            <Anchor component={Link} to={tryPath(name)}>
              Try it
            </Anchor>
          ) : null}
          <Anchor component={Link} to={`${modelPath(name)}/ledger`}>
            What was served, and rolling back
          </Anchor>
        </Group>
      }
    >
      <Freezes model={name} />
      <Section title="Serves now">
        <Loaded query={model}>
          {(found) => (
            <>
              <ModelsTable models={[found]} />
              {found.autoPromoteSuspended ? (
                <Text size="sm">
                  It was rolled back: until somebody promotes a version by hand, none is promoted by itself.
                </Text>
              ) : null}
            </>
          )}
        </Loaded>
      </Section>
      <Section title="Versions">
        <Versions model={name} />
      </Section>
    </Page>
  );
};

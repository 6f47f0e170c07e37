import { Checkbox, Stack, Text } from '@mantine/core';
import type { ModelVersion, Review } from '@graft/contracts';
import { useState } from 'react';
import { ActButton } from '../../parts/act-button.js';
import { useRegistry } from '../../registry/registry.js';

const TOUCHES = ['reviews', 'versions', 'models'];

/** What an approval leads to. */
const effectOf = (
  { environment, requiredApprovals, approvals }: Review,
  { version, variant }: ModelVersion,
): string => {
  const missing = requiredApprovals - approvals.length - 1;
  return missing > 0
    ? `Version ${version} waits for ${missing} more ${missing === 1 ? 'approval, of another person' : 'approvals, of others'}.`
    : `Version ${version} (${variant}) may be promoted to ${environment} then. Nothing is served by this alone.`;
};

/** Bound to the report and the champion that are on this page: where either changes meanwhile, the registry refuses. */
export const DecideButtons = ({ version, review }: { version: ModelVersion; review: Review }) => {
  const registry = useRegistry();
  const [overrides, setOverrides] = useState(false);
  const { gateVerdict } = review;
  const isBlocked = gateVerdict === 'fail' || version.state === 'blocked';
  // As they were when this page was first read: what comes meanwhile is not what this person saw.
  const [{ reportDigest, championGeneration }] = useState(review);
  const bound = { reportDigest, championGeneration };
  const { model, version: number } = version;
  const isStale = reportDigest !== review.reportDigest || championGeneration !== review.championGeneration;
  return (
    <>
      {review.allows.includes('approve') ? (
        <ActButton
          label="Approve…"
          title={`Approve ${model} version ${number}`}
          variant="filled"
          effect={
            <Stack gap="xs" component="span">
              <span>{effectOf(review, version)}</span>
              {isStale ? (
                <Text span size="sm" fw={600}>
                  What serves has changed since you opened this page: reload it and look again.
                </Text>
              ) : null}
              {isBlocked ? (
                <Checkbox
                  label="Although the gate blocks it: the ledger keeps that, with the reason"
                  checked={overrides}
                  onChange={(event) => setOverrides(event.currentTarget.checked)}
                />
              ) : null}
              {gateVerdict === 'insufficient' ? (
                <Text span size="sm">
                  The gate found the evidence insufficient: this rests on your judgment.
                </Text>
              ) : null}
            </Stack>
          }
          act={(reason) => registry.approve(model, number, { ...bound, reason, overrideGate: isBlocked && overrides })}
          asksWhy
          done={`${model} version ${number} is approved by you`}
          touches={TOUCHES}
        />
      ) : null}
      {review.allows.includes('reject') ? (
        <ActButton
          label="Reject…"
          title={`Reject ${model} version ${number}`}
          color="red"
          effect={
            version.state === 'approved'
              ? `The approval of version ${number} is taken back: it can't be promoted. What serves now goes on.`
              : `Version ${number} is not promoted. What serves now goes on.`
          }
          act={(reason) => registry.reject(model, number, { ...bound, reason })}
          asksWhy
          done={`${model} version ${number} is rejected`}
          touches={TOUCHES}
        />
      ) : null}
    </>
  );
};

import type { FieldPath } from 'react-hook-form';
import type { ServerValues } from './schema';

type Field = FieldPath<ServerValues>;

export const STEPS = ['basics', 'connection', 'settings', 'test'] as const;
export type Step = (typeof STEPS)[number];

export const STEP_NAMES: Record<Step, string> = {
  basics: 'Basics',
  connection: 'Connection',
  settings: 'Settings',
  test: 'Test and save',
};

/** The fields that each step has. */
export const FIELDS: Record<Step, readonly Field[]> = {
  basics: ['name', 'description', 'version', 'category', 'tags', 'isPublic', 'tenantId'],
  connection: ['transportType', 'endpointUrl', 'launcher', 'authType', 'authConfig', 'keepsCredentials'],
  settings: [
    'settings',
    'autoHealthCheck',
    'healthCheckInterval',
    'healthCheckTimeout',
    'healthCheckRetries',
    'alertThreshold',
    'degradedAboveMs',
    'dependsOn',
  ],
  test: ['validateConnection'],
};

/** The step that has the field, by its name or that of a part of it. */
export function stepOf(name: string): Step | undefined {
  const [first] = name.split('.');
  return STEPS.find((step) => FIELDS[step].some((field) => field === first));
}

import { type SubmitEvent, useEffect, useRef, useState } from 'react';
import { useForm } from 'react-hook-form';
import { useMe } from '@/api/me';
import type { Capability, Server } from '@/api/schema';
import { mcpUrl } from '../url';
import { pastedKey } from './key';
import { callTool, type ToolResult } from './mcp';
import { argumentsOf, fieldsOf, parsed, type ToolField } from './schema';

/** What came of a call. */
export interface Outcome {
  result?: ToolResult;
  problem?: string;
  milliseconds: number;
}

export interface TryValues {
  key: string;
  values: string[];
  json: string;
}

/** The form to call a tool, and what came of it. */
export function useTry(server: Server, tool: Capability) {
  const url = mcpUrl(server, useMe());
  const fields = fieldsOf(tool.definition['inputSchema']);
  const form = useForm<TryValues>({ defaultValues: beginWith(fields) });
  const [asJson, setJson] = useState(false);
  const [isRunning, setRunning] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);

  /** What the fields hold is the JSON to go on with. */
  const setAsJson = (next: boolean) => {
    if (next && fields) {
      form.setValue('json', JSON.stringify(argumentsOf(fields, form.getValues('values')).input, null, 2));
    }
    setJson(next);
  };
  const call = async ({ key, values, json }: TryValues) => {
    const input = asJson || !fields ? fromJson(json, form.setError) : fromFields(fields, values, form.setError);
    if (input === undefined) return;
    pastedKey.set(key.trim());
    running.current = new AbortController();
    const { signal } = running.current;
    setRunning(true);
    setOutcome(await timed(() => callTool({ url, key: key.trim(), tool: tool.name, input, signal })));
    setRunning(false);
  };
  const run = (event: SubmitEvent) => void form.handleSubmit(call)(event);
  return {
    control: form.control,
    fields,
    asJson,
    setAsJson,
    run,
    outcome,
    isRunning,
    stop: () => running.current?.abort(),
  };
}

type SetError = ReturnType<typeof useForm<TryValues>>['setError'];

function beginWith(fields: readonly ToolField[] | undefined): TryValues {
  return { key: pastedKey.get(), values: fields?.map(({ initial }) => initial) ?? [], json: '{}' };
}

function fromJson(json: string, setError: SetError): unknown {
  const input = parsed(json);
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input;
  setError('json', { message: 'This is not a JSON object' }, { shouldFocus: true });
  return undefined;
}

function fromFields(fields: readonly ToolField[], values: readonly string[], setError: SetError): unknown {
  const { input, problems } = argumentsOf(fields, values);
  for (const [index, message] of problems) setError(`values.${index}`, { message });
  return problems.size > 0 ? undefined : input;
}

async function timed(call: () => Promise<ToolResult>): Promise<Outcome> {
  const begun = performance.now();
  const since = () => performance.now() - begun;
  try {
    const result = await call();
    return { result, milliseconds: since() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'it failed', milliseconds: since() };
  }
}

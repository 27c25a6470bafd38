// Tools and a prompt that ask the client for something. Clients of the era 2026-07-28 are answered what is missing and
// call again; for those of older eras the SDK makes requests of the same questions.
import { acceptedContent, inputRequired, inputResponse } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { said } from './sample.mjs';

const nothing = z.object({});
const text = { type: 'string' };

function form(message, properties, required = Object.keys(properties)) {
  return inputRequired.elicit({ message, requestedSchema: { type: 'object', properties, required } });
}

function sampling(words, maxTokens) {
  const messages = [{ role: 'user', content: { type: 'text', text: words } }];
  return inputRequired.createMessage({ messages, maxTokens });
}

const NAME = form('What is your name?', { name: text });
const ROOTS = inputRequired.listRoots();
const CONFIRM = form('Please confirm', { ok: { type: 'boolean' } });

const withDefaults = {
  name: { type: 'string', description: 'User name', default: 'John Doe' },
  age: { type: 'integer', description: 'User age', default: 30 },
  score: { type: 'number', description: 'User score', default: 95.5 },
  status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
  verified: { type: 'boolean', description: 'Whether verified', default: true },
};
const plain = ['option1', 'option2', 'option3'];
const titled = ['First', 'Second', 'Third'].map((title, at) => ({ const: `value${at + 1}`, title: `${title} Option` }));
const withChoices = {
  untitledSingle: { type: 'string', enum: plain },
  titledSingle: { type: 'string', oneOf: titled },
  legacyEnum: {
    type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'],
  },
  untitledMulti: { type: 'array', items: { type: 'string', enum: plain } },
  titledMulti: { type: 'array', items: { anyOf: titled } },
};

const answers = (ctx) => ctx.mcpReq.inputResponses;
const asking = (inputRequests, requestState) => inputRequired({ inputRequests, requestState });
const isThere = (ctx, key) => inputResponse(answers(ctx), key).kind !== 'missing';

/** Asks one question, and says what `tell` makes of the answer. */
function once(key, question, tell) {
  return async (given, ctx) => {
    if (!isThere(ctx, key)) return asking({ [key]: question(given) });
    return tell(inputResponse(answers(ctx), key), ctx);
  };
}

const chosen = (before) => ({ action, content }) => said(`${before}: action=${action}, content=${JSON.stringify(content ?? {})}`);
const sampled = (before) => ({ result }) => said(`${before}${result.content?.text ?? ''}`);
const rooted = ({ roots }) => said(`Roots: ${roots.map((root) => root.uri).join(', ')}`);

async function greets(_, ctx) {
  const name = acceptedContent(answers(ctx), 'user_name', z.object({ name: z.string() }));
  return name === undefined ? asking({ user_name: NAME }) : said(`Hello, ${name.name}!`);
}

function confirms(state) {
  return async (_, ctx) => {
    const known = ctx.mcpReq.requestState() === 'confirming';
    return known && isThere(ctx, 'confirm') ? said('state-ok') : asking({ confirm: CONFIRM }, await state.mint('confirming'));
  };
}

function asksAll(state) {
  const questions = { user_name: NAME, greeting: sampling('Generate a greeting', 50), client_roots: ROOTS };
  return async (_, ctx) => {
    const missing = Object.keys(questions).filter((key) => !isThere(ctx, key));
    if (missing.length === 0) return said('All three are answered');
    return asking(questions, await state.mint('asking'));
  };
}

function asksTwice(state) {
  const steps = {
    step1: form('Step 1: What is your name?', { name: text }),
    step2: form('Step 2: What is your favorite color?', { color: text }),
  };
  return async (_, ctx) => {
    const round = ctx.mcpReq.requestState();
    if (round === 'second' && isThere(ctx, 'step2')) return said('Both steps are done');
    if (round === 'first' && isThere(ctx, 'step1')) return asking({ step2: steps.step2 }, await state.mint('second'));
    return asking({ step1: steps.step1 }, await state.mint('first'));
  };
}

async function asksWhatItMay(_, ctx) {
  const able = ctx.mcpReq.envelope?.['io.modelcontextprotocol/clientCapabilities'] ?? {};
  const questions = {};
  if (able.sampling) questions.greeting = sampling('Generate a greeting', 50);
  if (able.elicitation) questions.user_name = NAME;
  const missing = Object.keys(questions).filter((key) => !isThere(ctx, key));
  return missing.length === 0 ? said('Nothing to ask') : asking(questions);
}

/** Registers them; `state` seals what the server wants to see again. */
export function offerAsking(server, state) {
  const tool = (name, act, inputSchema = nothing) => {
    server.registerTool(name, { description: 'Asks the client before it answers', inputSchema }, act);
  };
  const prompt = z.object({ prompt: z.string() });
  tool('test_sampling', once('sampled', (given) => sampling(given.prompt, 100), sampled('LLM response: ')), prompt);
  tool('test_missing_capability', once('sampled', () => sampling('Are you able?', 10), sampled('')));
  const user = { username: { ...text, description: "User's response" }, email: { ...text, description: 'Its address' } };
  const message = z.object({ message: z.string() });
  tool('test_elicitation', once('user', (given) => form(given.message, user), chosen('User response')), message);
  const completed = chosen('Elicitation completed');
  tool('test_elicitation_sep1034_defaults', once('form', () => form('Please look', withDefaults, []), completed));
  tool('test_elicitation_sep1330_enums', once('form', () => form('Please choose', withChoices, []), completed));
  tool('test_streaming_elicitation', greets);
  tool('test_input_required_result_elicitation', greets);
  const capital = () => sampling('What is the capital of France?', 100);
  tool('test_input_required_result_sampling', once('capital_question', capital, sampled('')));
  tool('test_input_required_result_list_roots', once('client_roots', () => ROOTS, rooted));
  tool('test_input_required_result_request_state', confirms(state));
  tool('test_input_required_result_tampered_state', confirms(state));
  tool('test_input_required_result_multiple_inputs', asksAll(state));
  tool('test_input_required_result_multi_round', asksTwice(state));
  tool('test_input_required_result_capabilities', asksWhatItMay);
  const name = 'test_input_required_result_prompt';
  server.registerPrompt(name, { description: 'Asks for its context' }, async (ctx) => {
    const context = acceptedContent(answers(ctx), 'user_context');
    if (context === undefined) return asking({ user_context: form('What context should the prompt use?', { context: text }) });
    return { messages: [{ role: 'user', content: { type: 'text', text: `Context: ${context.context}` } }] };
  });
}

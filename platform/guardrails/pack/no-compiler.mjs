/**
 * Hides our TypeScript from Pulumi. For a policy pack it always registers a compiler and takes the one that it finds, but
 * TypeScript 7 has no API in JavaScript; without it Pulumi takes the one it brings, which then has nothing to do: the pack
 * is JavaScript, and what it imports Node reads itself.
 */
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'typescript' && context.parentURL?.includes('/@pulumi/pulumi/')) {
      throw new Error('hidden: see platform/guardrails/pack/no-compiler.mjs');
    }
    return next(specifier, context);
  },
});

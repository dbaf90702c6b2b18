/**
 * Where Pulumi enters the policy pack. Plain JavaScript for the reason given in `platform/index.mjs`, and CommonJS because
 * Pulumi requires it.
 */
const NEEDED = [24, 12];

module.exports = async () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
    const error = new Error(
      `node: version is too old (v${process.versions.node}), at least v${NEEDED.join('.')} is allowed; ` +
        'run it as `npm run platform -- up --stack NAME`, which brings the right one, or put Node 24 first on PATH',
    );
    error.stack = error.message;
    throw error;
  }
  const { serve } = await import('../crossguard.ts');
  serve();
};

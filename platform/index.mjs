/**
 * Where Pulumi enters. Plain JavaScript that any Node can read, because `pulumi up` takes the Node that it finds on PATH:
 * an older one would end in an unknown file extension at the first `.ts`.
 */
const NEEDED = [24, 12];

export default async function enter() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
    const error = new Error(
      `node: version is too old (v${process.versions.node}), at least v${NEEDED.join('.')} is allowed; ` +
        'run it as `npm run platform -- up --stack NAME`, which brings the right one, or put Node 24 first on PATH',
    );
    error.stack = error.message;
    throw error;
  }
  const { deploy } = await import('./program/deploy.ts');
  return deploy();
}

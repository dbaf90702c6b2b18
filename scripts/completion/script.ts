/** Completion as text: for each shell a script, made from the commands' names and options. */

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export interface CompletedOption {
  readonly name: string;
  readonly text: string;
}

/** Options by command. */
export type CompletionTable = ReadonlyMap<string, readonly CompletedOption[]>;

/** The long options that a help text lists, in its order, each once, subcommands' included. */
export function optionsIn(help: string): CompletedOption[] {
  const found = new Map<string, string>();
  for (const [, name = '', text = ''] of help.matchAll(
    /^ {2}(?:-\w, )?(--[a-z][\w-]*)(?: [<[][^>\]]*[>\]])? *(.*)$/gm,
  )) {
    if (!found.has(name)) found.set(name, text);
  }
  return [...found].map(([name, text]) => ({ name, text }));
}

export function completionScript(shell: Shell, table: CompletionTable): string {
  return shell === 'fish' ? fish(table) : bash(table, shell === 'zsh');
}

/** After `npm run VERB --` the verb's options, before it the verbs; what was completed before stays as it was. */
function bash(table: CompletionTable, inZsh: boolean): string {
  const cases = [...table].map(
    ([verb, options]) => `    ${verb}) words='${options.map(({ name }) => name).join(' ')}' ;;`,
  );
  return [
    ...(inZsh ? ['autoload -U +X bashcompinit && bashcompinit'] : []),
    '_emp_npm() {',
    `  local word="\${COMP_WORDS[COMP_CWORD]}" verb="" words="" index`,
    '  COMPREPLY=()',
    '  for ((index = 1; index < COMP_CWORD; index++)); do',
    `    if [ "\${COMP_WORDS[index]}" = run ]; then`,
    `      verb="\${COMP_WORDS[index + 1]}"`,
    `      if [ "$verb" = -s ]; then verb="\${COMP_WORDS[index + 2]}"; fi`,
    '    fi',
    '  done',
    '  case "$verb" in',
    ...cases,
    `    *) if [ "\${COMP_WORDS[1]}" = run ]; then words='${[...table.keys()].join(' ')}'; fi ;;`,
    '  esac',
    '  case "$word" in',
    '    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;',
    '    *) if [[ "$words" != --* ]]; then COMPREPLY=($(compgen -W "$words" -- "$word")); fi ;;',
    '  esac',
    '}',
    'complete -o default -F _emp_npm npm',
  ].join('\n');
}

function fish(table: CompletionTable): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const inRun = '__fish_seen_subcommand_from run';
  return [
    ...[...table.keys()].map((verb) => `complete -c npm -n ${quoted(inRun)} -f -a ${verb}`),
    ...[...table].flatMap(([verb, options]) =>
      options.map(
        ({ name, text }) =>
          `complete -c npm -n ${quoted(`${inRun}; and __fish_seen_subcommand_from ${verb}`)} -l ${name.slice(2)} -d ${quoted(text)}`,
      ),
    ),
  ].join('\n');
}

import test from 'ava';
import type { SymbolProfile as Profile } from '../../../runtime/sim/profile.ts';
import { large, medium, small } from '../../../runtime/sim/profiles.ts';
import { type Economics, economicsOf } from './economics.ts';

const HORIZON = 20;
const options = {
  seeds: Array.from({ length: 30 }, (_, i) => 500 + i),
  probeSeeds: [1, 2, 3, 4],
  minutes: 20,
  horizonsSeconds: [HORIZON],
};

const pays = test.macro({
  exec(t, profile: Profile) {
    const on = economicsOf(profile, { ...options, informed: true });
    const off = economicsOf(profile, { ...options, informed: false });
    const forecast = (economics: Economics) => {
      const found = economics.forecast[HORIZON];
      if (found === undefined) throw new Error(`no figures for ${HORIZON} s`);
      return found;
    };
    t.log(JSON.stringify({ on, off }));
    // Informed: a plain linear forecast earns after spread and fees on seeds it has not seen.
    t.true(forecast(on).informationCoefficient > 0.15);
    t.true(forecast(on).flowInformationCoefficient > forecast(off).flowInformationCoefficient + 0.05);
    t.true(forecast(on).ticksPerTrade.mean > 2 * forecast(on).ticksPerTrade.standardError);
    // Not informed: the same rule finds little to trade on, and earns nothing.
    t.true(forecast(off).informationCoefficient < 0.5 * forecast(on).informationCoefficient);
    t.true(forecast(off).ticksPerTrade.mean < 2 * forecast(off).ticksPerTrade.standardError);
    t.true(forecast(off).ticksPerTrade.count < 0.5 * forecast(on).ticksPerTrade.count);
    // Either way: a secret is worth having, patience alone is not.
    for (const economics of [on, off]) {
      t.true(economics.oracleTicks.mean > 3 * economics.oracleTicks.standardError);
      t.true(economics.posterTicks.mean < 0);
    }
  },
  title: (_, profile: Profile) =>
    `${profile.instrument.symbol}: flow pays for a forecast when the informed trade, and only then`,
});

test(pays, small);
test(pays, medium);
test(pays, large);

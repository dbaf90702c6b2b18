"""Median time of a training step (forward, backward, Adam) of one Mamba-3 block in JAX, jitted, on the CPU.

    pip install jax optax; python3 mamba3_step.py

The look-ahead form: one chunked SSD, the diagonal set right afterwards. Prints JSON.
"""
import json
import time

import jax
import jax.numpy as jnp
import optax

B, T, D, H, P, N, Q, S = 8, 256, 32, 2, 64, 64, 32, 16
C = T // Q
WIDTHS = [H * P, H * P, N, N, H, H, H, S]


def init(key):
    k = jax.random.split(key, 2)
    return {
        "win": jax.random.normal(k[0], (D, sum(WIDTHS))) / D**0.5,
        "wout": jax.random.normal(k[1], (H * P, D)) / (H * P) ** 0.5,
        "dt_bias": jnp.full(H, -4.0), "d": jnp.ones(H),
        "bn": jnp.ones(N), "cn": jnp.ones(N), "bb": jnp.ones((H, N)), "cb": jnp.ones((H, N)),
    }


def norm(x, g):
    return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + 1e-5) * g


def turn(x, phi):
    a, b = x[..., : 2 * S : 2], x[..., 1 : 2 * S : 2]
    c, s = jnp.cos(phi), jnp.sin(phi)
    pair = jnp.stack([a * c - b * s, a * s + b * c], -1).reshape(*x.shape[:-1], 2 * S)
    return jnp.concatenate([pair, x[..., 2 * S :]], -1)


def block(p, u):
    parts = jnp.split(u @ p["win"], [sum(WIDTHS[: i + 1]) for i in range(len(WIDTHS) - 1)], -1)
    z, x, b, c, dt, a, trap, angle = parts
    dt = jax.nn.softplus(dt + p["dt_bias"])
    loga = jnp.minimum(-jax.nn.softplus(a), -1e-4) * dt
    lam = jax.nn.sigmoid(trap)
    phi = jnp.cumsum(jnp.pi * jnp.tanh(angle)[:, :, None] * dt[..., None], 1)
    k = turn(norm(b, p["bn"])[:, :, None] + p["bb"], phi)
    q = turn(norm(c, p["cn"])[:, :, None] + p["cb"], phi)
    v = x.reshape(B, T, H, P)
    ahead = jnp.concatenate([((1 - lam) * dt)[:, 1:], jnp.zeros((B, 1, H))], 1)
    w = lam * dt + ahead

    chunked = lambda t: t.reshape(B, C, Q, H, -1).transpose(0, 1, 3, 2, 4)
    kc, qc, vc = chunked(k), chunked(q), chunked(v * w[..., None])
    s = jnp.cumsum(loga.reshape(B, C, Q, H).transpose(0, 1, 3, 2), -1)
    mask = jnp.tril(jnp.ones((Q, Q), bool))
    l = jnp.exp(jnp.where(mask, s[..., :, None] - s[..., None, :], -1e30))
    y = (l * (qc @ kc.swapaxes(-1, -2))) @ vc
    end = s[..., -1]
    st = kc.swapaxes(-1, -2) @ (vc * jnp.exp(end[..., None] - s)[..., None])
    e = jnp.cumsum(end, 1).transpose(0, 2, 1)
    gap = (e - end.transpose(0, 2, 1))[..., :, None] - e[..., None, :]
    m = jnp.exp(jnp.where(jnp.tril(jnp.ones((C, C), bool), -1), gap, -1e30))
    h = (m @ st.transpose(0, 2, 1, 3, 4).reshape(B, H, C, N * P)).reshape(B, H, C, N, P).transpose(0, 2, 1, 3, 4)
    y = y + (qc @ h) * jnp.exp(s)[..., None]
    y = y.transpose(0, 1, 3, 2, 4).reshape(B, T, H, P)
    y = y - (ahead * jnp.sum(q * k, -1))[..., None] * v + p["d"][:, None] * v
    return (y.reshape(B, T, H * P) * jax.nn.silu(z)) @ p["wout"]


def main():
    p = init(jax.random.PRNGKey(0))
    u, y = jax.random.normal(jax.random.PRNGKey(1), (2, B, T, D))
    opt = optax.adam(1e-3)
    st = opt.init(p)

    @jax.jit
    def step(p, st):
        loss, g = jax.value_and_grad(lambda p: jnp.mean((block(p, u) - y) ** 2))(p)
        d, st = opt.update(g, st, p)
        return optax.apply_updates(p, d), st, loss

    ts = []
    for i in range(110):
        t = time.perf_counter()
        p, st, loss = step(p, st)
        loss.block_until_ready()
        if i >= 10:
            ts.append((time.perf_counter() - t) * 1e3)
    ts.sort()
    print(json.dumps({"jax": jax.__version__, "params": sum(v.size for v in p.values()), "loss": float(loss), "ms_median": round(ts[50], 2), "ms_min": round(ts[0], 2)}))


main()

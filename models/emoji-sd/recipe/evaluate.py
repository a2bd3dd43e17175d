"""Generate every (object, style) pair N times (25-step DDIM, CFG 5) and bare prompts, and let both judges look.
A model trained WITHOUT a concept is measured on the pairs it was trained on; what it makes of the concept's own prompts is counted apart.
usage: evaluate.py TAG N [BARE] [SEED]    writes EMOJI_WORK/eval_TAG.json and contact sheets (REUSE=1: judge the pictures of the last run again)"""
import json, os, random, sys, time
import numpy as np, torch
import data
from models import detect
from sample import from_u8, generate, grid, load, load_judges, to_u8


def work(q, k, prompts, m, sched, seed):
    torch.set_num_threads(1)
    q.put((k, to_u8(generate(prompts, *m, sched, seed + k))))


def sample2(prompts, m, sched, seed):
    """two single-thread processes; each draws its own noise, so the pictures do not depend on how many cores there are"""
    import torch.multiprocessing as mp
    torch.set_num_threads(1)
    cx = mp.get_context('fork'); q = cx.Queue(); h = (len(prompts) + 1) // 2
    pr = [cx.Process(target=work, args=(q, k, (prompts[:h], prompts[h:])[k], m, sched, seed)) for k in (0, 1)]
    [p.start() for p in pr]
    got = dict(q.get() for _ in pr); [p.join() for p in pr]
    return np.concatenate([got[0], got[1]])


def bg_right(im, C):
    corners = np.concatenate([im[:, :3, :3].reshape(len(im), -1, 3), im[:, :3, -3:].reshape(len(im), -1, 3),
                              im[:, -3:, :3].reshape(len(im), -1, 3), im[:, -3:, -3:].reshape(len(im), -1, 3)], 1).astype(float)
    c = np.median(corners, 1); tab = np.array(list(data.COLOURS.values()), float)
    return ((c[:, None] - tab[None]) ** 2).sum(-1).argmin(1) == C


@torch.no_grad()
def judge_all(judges, im):
    """per judge: argmax object, argmax style, thresholded object, thresholded style"""
    x = from_u8(im); r = []
    for j in judges:
        o, s = zip(*[tuple(t.argmax(1) for t in j(x[i:i + 100])) for i in range(0, len(x), 100)])
        p, q = zip(*[detect(j, x[i:i + 100]) for i in range(0, len(x), 100)])
        r.append([torch.cat(v).numpy() for v in (o, s, p, q)])
    return r


def split(without):
    """the (object, style) pairs and the objects a model was trained on, and those it was not"""
    kept = [p for p in data.PAIRS if not without & {data.OBJECTS[p[0]], data.STYLES[p[1]]}]
    return kept, [p for p in data.PAIRS if p not in kept], [i for i, o in enumerate(data.OBJECTS) if o not in without]


def floor(tag, pairs, without, judges, m, sched, rng, seed):
    """prompts of the pairs the model never saw: how often the judges see the concept all the same"""
    jobs = [(o, s, data.full_prompt(data.OBJECTS[o], data.STYLES[s], rng.choice(data.CNAMES), rng)) for o, s in pairs]
    im = sample2([j[2] for j in jobs], m, sched, seed)
    grid(im[:80], [], f'{data.WORK}/sheet_without_{tag}.png', cols=16, z=1)
    kind = 0 if without & set(data.OBJECTS) else 1
    want = np.array([j[kind] for j in jobs])
    J = judge_all(judges, im)
    pc = lambda v: round(float(np.mean(v)) * 100, 1)
    names = data.STYLES if kind else data.OBJECTS
    seen = {v: int((J[0][kind] == i).sum()) for i, v in enumerate(names + ['other'])}
    return {'concepts': sorted(without), 'images': len(jobs), 'judge_a_argmax': pc(J[0][kind] == want), 'judge_b_argmax': pc(J[1][kind] == want),
            'both_judges_thresholded': pc((J[0][kind + 2] == want) & (J[1][kind + 2] == want)), 'seen_by_a': {k: v for k, v in seen.items() if v}}


def main(tag, n, bare=2, seed=2024):
    inf, te, un, vae = load(tag); judges = load_judges(); m = (te, un, vae)
    rng = random.Random(seed); jobs = []; without = set(inf.get('without', []))
    pairs, unseen, objects = split(without)
    for k in range(n):
        for o, s in pairs:
            c = rng.randrange(8); jobs.append((o, s, c, data.full_prompt(data.OBJECTS[o], data.STYLES[s], data.CNAMES[c], rng)))
    T = ['a photo of {A} {o}', '{o}']
    pb = [(i, k % 2, T[k % 2].format(A=data.art(o), o=o)) for k in range(2 * bare) for i in objects for o in [data.OBJECTS[i]]]
    f = f'{data.WORK}/gen_{tag}.npz'
    if not (os.environ.get('REUSE') and os.path.exists(f)):
        t = time.time(); im = sample2([j[3] for j in jobs], m, inf['scheduler'], seed); dt = time.time() - t
        np.savez(f, im=im, ib=sample2([p[2] for p in pb], m, inf['scheduler'], seed + 500) if bare else im[:0], dt=dt)
    d = np.load(f); im, ib, dt = d['im'], d['ib'], float(d['dt'])
    grid(im[:80], [], f'{data.WORK}/sheet_{tag}.png', cols=16, z=1)
    O, S, C = (np.array([j[i] for j in jobs]) for i in range(3))
    pc = lambda v: round(float(np.mean(v)) * 100, 1)
    res = {'steps': inf['steps'], 'images': len(jobs), 'seconds_per_image': round(dt / len(jobs), 3), 'background_right': pc(bg_right(im, C))}
    names = ['judge_a', 'judge_b'][:len(judges)]
    J = judge_all(judges, im)
    for nm, (o, s, po, ps) in zip(names, J):
        res[nm] = {'argmax': {'object': pc(o == O), 'style': pc(s == S), 'both': pc((o == O) & (s == S))},
                   'thresholded': {'object': pc(po == O), 'style': pc(ps == S), 'both': pc((po == O) & (ps == S))}}
    if len(J) == 2:
        ao, as_ = (J[0][2] == O) & (J[1][2] == O), (J[0][3] == S) & (J[1][3] == S)
        res['both_judges_thresholded'] = {'object': pc(ao), 'style': pc(as_), 'both': pc(ao & as_)}
        res['per_style'] = {v: {'object': pc(ao[S == k]), 'style': pc(as_[S == k]), 'both': pc((ao & as_)[S == k]),
                                'judge_a_both': pc(((J[0][0] == O) & (J[0][1] == S))[S == k]), 'judge_b_both': pc(((J[1][0] == O) & (J[1][1] == S))[S == k])}
                            for k, v in enumerate(data.STYLES) if (S == k).any()}
        res['per_object'] = {v: {'object': pc(ao[O == k]), 'style': pc(as_[O == k]), 'both': pc((ao & as_)[O == k]),
                                 'judge_a_both': pc(((J[0][0] == O) & (J[0][1] == S))[O == k]), 'judge_b_both': pc(((J[1][0] == O) & (J[1][1] == S))[O == k])}
                             for k, v in enumerate(data.OBJECTS) if (O == k).any()}
        bad = [i for i in range(len(jobs)) if not (ao & as_)[i]][:48]
        if bad:
            grid(im[bad], [jobs[i][3] for i in bad], f'{data.WORK}/bad_{tag}.png', cols=12)
    if bare:
        grid(ib[:40], [], f'{data.WORK}/sheet_bare_{tag}.png', cols=10)
        BO, BT = np.array([p[0] for p in pb]), np.array([p[1] for p in pb])
        Jb = judge_all(judges, ib)
        res['bare'] = {'images': len(pb), 'prompts': T}
        for nm, r in zip(names, Jb):
            res['bare'][nm] = {'object_argmax': pc(r[0] == BO), 'object_thresholded': pc(r[2] == BO),
                               'by_prompt_argmax': [pc((r[0] == BO)[BT == k]) for k in (0, 1)]}
        if len(Jb) == 2:
            both = (Jb[0][2] == BO) & (Jb[1][2] == BO)
            res['bare']['both_judges_thresholded'] = pc(both)
            res['bare']['per_object'] = {v: pc(both[BO == k]) for k, v in enumerate(data.OBJECTS) if k in objects}
            res['bare']['styles_seen_by_a'] = {v: int((Jb[0][1] == k).sum()) for k, v in enumerate(data.STYLES + ['other'])}
    if unseen:
        res['without'] = floor(tag, unseen * (60 // len(unseen)) if len(unseen) < 60 else unseen, without, judges, m, inf['scheduler'], rng, seed + 900)
    json.dump(res, open(f'{data.WORK}/eval_{tag}.json', 'w'), indent=1)
    print(json.dumps(res, indent=1), flush=True)


if __name__ == '__main__':
    main(sys.argv[1], *(int(a) for a in sys.argv[2:]))

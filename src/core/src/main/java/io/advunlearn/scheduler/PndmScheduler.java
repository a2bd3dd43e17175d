package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.tensor.Scope;
import java.util.stream.IntStream;

/**
 * PNDMScheduler of diffusers: a pseudo linear multistep method over the last four outputs (arXiv 2202.09778). How it starts is
 * {@code skip_prk_steps}: if true, as Stable Diffusion ships it, by making its first step twice; if false, by three steps of a pseudo
 * Runge-Kutta method, with four calls of the denoiser each.
 */
final class PndmScheduler extends AbstractScheduler {

    /** Adams-Bashforth, newest output first, for 1 to 4 outputs. */
    private static final double[][] MULTISTEP = {{1}, {1.5, -0.5}, {23.0 / 12, -16.0 / 12, 5.0 / 12}, {55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24}};

    private static final int ORDER = MULTISTEP.length;

    /** Weights of the four calls of a step. */
    private static final double[] RUNGE_KUTTA = {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6};

    private static final int RUNGE_KUTTA_STEPS = 3;

    private final boolean skipRungeKutta;
    private final double finalAlphaBar;

    PndmScheduler(SchedulerConfig config) {
        // diffusers has no formulas for a predicted x0 here either
        super("PNDMScheduler", config, config.noise(SchedulerConfig.ZeroSnr.UNKNOWN, "epsilon", "v_prediction"), TimestepSpacing.LEADING);
        skipRungeKutta = config.file().flag("skip_prk_steps", false);
        finalAlphaBar = config.finalAlphaBar(noiseSchedule(), false);
    }

    @Override
    int least() {
        return skipRungeKutta ? 1 : RUNGE_KUTTA_STEPS + 1;
    }

    @Override
    double[] points(int steps) {
        return spacing().timesteps(steps, train(), stepsOffset());
    }

    @Override
    public int calls(int steps) {
        super.calls(steps);
        return timesteps(steps).length;
    }

    @Override
    Run run(int steps, NDManager manager) {
        return new Trajectory(timesteps(steps), train() / steps, manager);
    }

    private int[] timesteps(int steps) {
        int[] points = spacing().whole(steps, train(), stepsOffset());
        return skipRungeKutta ? callsOfTwice(points) : callsOfRungeKutta(points, train() / steps / 2);
    }

    /** The second timestep comes twice: with the output there, the first step is made once more. */
    private static int[] callsOfTwice(int[] points) {
        return points.length == 1 ? points : IntStream.range(0, points.length + 1).map(i -> points[i < 2 ? i : i - 1]).toArray();
    }

    private static int[] callsOfRungeKutta(int[] points, int half) {
        IntStream start = IntStream.range(0, RUNGE_KUTTA_STEPS)
                .flatMap(i -> IntStream.of(points[i], points[i + 1] + half, points[i + 1] + half, points[i + 1]));
        return IntStream.concat(start, IntStream.of(points).skip(RUNGE_KUTTA_STEPS)).toArray();
    }

    /** Formula 9 of the paper: one step with an output, whichever outputs it was mixed from. */
    private NDArray transfer(NDArray latents, NDArray output, int from, int to) {
        double a = noiseSchedule().alphaBar(from);
        double b = to >= 0 ? noiseSchedule().alphaBar(to) : finalAlphaBar;
        double slope = -(b - a) / (a * Math.sqrt(1 - b) + Math.sqrt(a * (1 - a) * b));
        Prediction.Factors epsilon = prediction().epsilon(NoiseLevel.ofAlphaBar(a));
        return new WeightedSum().plus(Math.sqrt(b / a) + slope * epsilon.sample(), latents).plus(slope * epsilon.output(), output).total();
    }

    private final class Trajectory extends StepRun {

        private final int[] calls;
        private final int stride;
        private final History outputs;
        /** The latents at the beginning of a step that takes several calls. */
        private final History begin;
        private final History stages;

        Trajectory(int[] calls, int stride, NDManager manager) {
            super(SigmaSchedule.floats(calls));
            this.calls = calls;
            this.stride = stride;
            outputs = new History(manager, ORDER);
            begin = new History(manager, 1);
            stages = new History(manager, RUNGE_KUTTA.length);
        }

        @Override
        Prediction.Factors original(int call) {
            return prediction().original(noiseSchedule().level(calls[call]));
        }

        @Override
        NDArray next(NDArray modelOutput, int call, NDArray latents, StepNoise noise, Scope scope) {
            if (!skipRungeKutta && call < RUNGE_KUTTA_STEPS * RUNGE_KUTTA.length) {
                return rungeKutta(modelOutput, call, latents, scope);
            }
            if (skipRungeKutta && call == 0) {
                begin.add(latents.duplicate(), scope);
            }
            if (skipRungeKutta && call == 1) {
                NDArray mean = outputs.addTo(new WeightedSum().plus(0.5, modelOutput), 0.5).total();
                return transfer(begin.newest(), mean, calls[call] + stride, calls[call]);
            }
            outputs.add(modelOutput.duplicate(), scope);
            NDArray mixed = outputs.addTo(new WeightedSum(), MULTISTEP[outputs.size() - 1]).total();
            return transfer(latents, mixed, calls[call], calls[call] - stride);
        }

        private NDArray rungeKutta(NDArray modelOutput, int call, NDArray latents, Scope scope) {
            int stage = call % RUNGE_KUTTA.length;
            if (stage == 0) {
                outputs.add(modelOutput.duplicate(), scope);
                begin.add(latents.duplicate(), scope);
            }
            stages.add(modelOutput.duplicate(), scope);
            NDArray output = stage < RUNGE_KUTTA.length - 1 ? modelOutput : stages.addTo(new WeightedSum(), RUNGE_KUTTA).total();
            int to = calls[call] - (stage % 2 == 0 ? stride / 2 : 0);
            return transfer(begin.newest(), output, calls[call - stage], to);
        }
    }
}

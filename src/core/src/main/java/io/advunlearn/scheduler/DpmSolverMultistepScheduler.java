package io.advunlearn.scheduler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ConfigFile;
import io.advunlearn.tensor.Scope;

/**
 * DPMSolverMultistepScheduler of diffusers: DPM-Solver++ in its multistep form (arXiv 2211.01095) of orders 1 to 3, and its stochastic
 * variant of orders 1 and 2.
 */
final class DpmSolverMultistepScheduler extends SolverScheduler {

    /** Schedules shorter than this end with lower orders if asked to. */
    private static final int SHORT = 15;

    private final boolean stochastic;
    private final boolean midpoint;
    private final boolean eulerAtFinal;
    private final boolean roundsKarras;
    private final int range;

    DpmSolverMultistepScheduler(SchedulerConfig config) {
        super("DPMSolverMultistepScheduler", config);
        ConfigFile file = config.file();
        file.accept("use_lu_lambdas", false);
        file.accept("variance_type");
        // the names of the other solvers' variants come with their configurations, and mean the defaults here
        stochastic = file.text("algorithm_type", "dpmsolver++", "dpmsolver++", "sde-dpmsolver++", "deis").equals("sde-dpmsolver++");
        midpoint = !file.text("solver_type", "midpoint", "midpoint", "heun", "logrho", "bh1", "bh2").equals("heun");
        eulerAtFinal = file.flag("euler_at_final", false);
        roundsKarras = !file.text("beta_schedule", "linear", "linear", "scaled_linear", "squaredcos_cap_v2").equals("squaredcos_cap_v2");
        range = range(file);
        if (stochastic && order() > 2) {
            throw file.refuse("solver_order", order(), "1 or 2 with algorithm_type sde-dpmsolver++");
        }
    }

    private int range(ConfigFile file) {
        double least = file.numberOrInfinity("lambda_min_clipped", Double.NEGATIVE_INFINITY);
        int timesteps = train();
        while (timesteps > 0 && noiseSchedule().level(timesteps - 1).lambda() < least) {
            timesteps--;
        }
        if (timesteps < 2) {
            throw file.refuse("lambda_min_clipped", least, "a number that leaves at least two training timesteps");
        }
        return timesteps;
    }

    @Override
    int range() {
        return range;
    }

    @Override
    boolean roundsKarras() {
        return roundsKarras;
    }

    @Override
    Run run(SigmaSchedule schedule, NDManager manager) {
        History outputs = new History(manager, order());
        return new SigmaRun(prediction(), schedule) {

            @Override
            NDArray next(NDArray modelOutput, int call, NDArray latents, StepNoise noise, Scope scope) {
                outputs.add(WeightedSum.of(prediction().original(level(call)), latents, modelOutput).total(), scope);
                NoiseLevel from = level(call);
                NoiseLevel to = level(call + 1);
                double h = to.lambda() - from.lambda();
                WeightedSum sum = new WeightedSum().plus(to.noise() / from.noise() * (stochastic ? Math.exp(-h) : 1), latents);
                outputs.addTo(sum, weights(this, call, orderAt(call, schedule.steps())));
                double fresh = stochastic ? to.noise() * Math.sqrt(-Math.expm1(-2 * h)) : 0;
                return fresh == 0 ? sum.total() : sum.plus(fresh, noise.next(latents.getManager(), latents.getShape())).total();
            }
        };
    }

    private int orderAt(int step, int steps) {
        boolean lower = lowerOrderFinal() && steps < SHORT;
        boolean first = step == steps - 1 && (eulerAtFinal || lower || !endsAtSigmaMin());
        int most = first ? 1 : step == steps - 2 && lower ? 2 : order();
        return Math.min(Math.min(order(), most), step + 1);
    }

    /** Factors of the predicted x0s, newest first: a Taylor expansion of x0 in lambda, its derivatives by differences. */
    private double[] weights(SigmaRun run, int step, int order) {
        NoiseLevel to = run.level(step + 1);
        double lambda = run.level(step).lambda();
        double h = to.lambda() - lambda;
        // the stochastic variant decays twice as fast
        double span = stochastic ? 2 * h : h;
        double decay = Math.expm1(-span);
        double[] weights = new double[order];
        weights[0] = -to.signal() * decay;
        if (order == 2) {
            double first = midpoint ? -to.signal() * decay / 2 : to.signal() * (decay / span + 1);
            difference(weights, 0, first * h / (lambda - run.level(step - 1).lambda()));
        } else if (order == 3) {
            double r0 = (lambda - run.level(step - 1).lambda()) / h;
            double r1 = (run.level(step - 1).lambda() - run.level(step - 2).lambda()) / h;
            double first = to.signal() * (decay / span + 1);
            double second = -to.signal() * ((decay + span) / (span * span) - 0.5);
            double change = (first * r0 + second) / (r0 + r1);
            difference(weights, 0, (first + change) / r0);
            difference(weights, 1, -change / r1);
        }
        return weights;
    }

    /** Adds a factor times the difference between an output and the one before it. */
    private static void difference(double[] weights, int age, double factor) {
        weights[age] += factor;
        weights[age + 1] -= factor;
    }
}

package io.advunlearn.scheduler;

import ai.djl.ndarray.NDManager;
import io.advunlearn.model.ConfigFile;
import java.util.Arrays;

/**
 * The multistep solvers in lambda, half the logarithm of the signal-to-noise ratio. Their latents are the denoiser's own,
 * {@code signal x0 + noise epsilon}; the image at the end is one point of the schedule.
 */
abstract class SolverScheduler extends AbstractScheduler {

    private static final int HIGHEST_ORDER = 3;

    private final Sigmas sigmas;
    private final boolean karras;
    private final boolean endsAtSigmaMin;
    private final int order;
    private final boolean lowerOrderFinal;

    SolverScheduler(String className, SchedulerConfig config) {
        super(className, config, config.noise(SchedulerConfig.ZeroSnr.ALMOST, "epsilon", "sample", "v_prediction"), TimestepSpacing.LINSPACE);
        config.refuseThresholding();
        ConfigFile file = config.file();
        file.accept("use_flow_sigmas", false);
        file.accept("use_dynamic_shifting", false);
        sigmas = new Sigmas(noiseSchedule());
        karras = config.karras();
        endsAtSigmaMin = config.endsAtSigmaMin();
        lowerOrderFinal = file.flag("lower_order_final", true);
        order = file.integer("solver_order", 2, 1);
        if (order > HIGHEST_ORDER) {
            throw file.refuse("solver_order", order, "1 to " + HIGHEST_ORDER);
        }
    }

    /** Timesteps below this one are visited. */
    int range() {
        return train();
    }

    /** Whether the timesteps of Karras' sigmas are rounded before their fraction is cut off. */
    abstract boolean roundsKarras();

    abstract Run run(SigmaSchedule schedule, NDManager manager);

    final int order() {
        return order;
    }

    final boolean lowerOrderFinal() {
        return lowerOrderFinal;
    }

    final boolean endsAtSigmaMin() {
        return endsAtSigmaMin;
    }

    @Override
    final int most() {
        return spacing() == TimestepSpacing.TRAILING ? train() : range() - 1;
    }

    @Override
    final double[] points(int steps) {
        return spacing().beforeImage(steps, range(), train(), stepsOffset());
    }

    @Override
    final Run run(int steps, NDManager manager) {
        double[] timesteps = points(steps);
        double[] along = sigmas.at(timesteps);
        if (karras) {
            along = Sigmas.karras(sigmas.last(), sigmas.first(), steps);
            timesteps = Arrays.stream(sigmas.timesteps(along)).map(t -> Math.floor(roundsKarras() ? Math.rint(t) : t)).toArray();
        }
        return run(SigmaSchedule.of(timesteps, along, endsAtSigmaMin ? sigmas.first() : 0), manager);
    }
}

package io.advunlearn.scheduler;

import ai.djl.ndarray.NDManager;

/** What all schedulers share: a noise schedule, a way to space timesteps, and the configuration that another scheduler can be made from. */
abstract class AbstractScheduler implements Scheduler {

    private final String className;
    private final SchedulerConfig config;
    private final NoiseSchedule noiseSchedule;
    private final TimestepSpacing spacing;
    private final int stepsOffset;

    AbstractScheduler(String className, SchedulerConfig config, NoiseSchedule noiseSchedule, TimestepSpacing spacing) {
        this.className = className;
        this.config = config;
        this.noiseSchedule = noiseSchedule;
        this.spacing = config.spacing(spacing);
        this.stepsOffset = config.stepsOffset();
    }

    /** Fewest steps. */
    int least() {
        return 1;
    }

    /** Most steps. */
    int most() {
        return train();
    }

    /** Timesteps of a number of steps between {@link #least} and {@link #most}, before Karras' sigmas move them. */
    abstract double[] points(int steps);

    /** Of a checked number of steps. */
    abstract Run run(int steps, NDManager manager);

    final int train() {
        return noiseSchedule.numTrainTimesteps();
    }

    final TimestepSpacing spacing() {
        return spacing;
    }

    final int stepsOffset() {
        return stepsOffset;
    }

    final Prediction prediction() {
        return noiseSchedule.prediction();
    }

    @Override
    public final NoiseSchedule noiseSchedule() {
        return noiseSchedule;
    }

    @Override
    public DdimScheduler ddim() {
        return new DdimScheduler(config, this);
    }

    @Override
    public final Scheduler as(String name) {
        String other = Schedulers.className(name);
        return other.equals(className) ? this : Schedulers.create(other, config.borrowed());
    }

    @Override
    public int calls(int steps) {
        if (steps < least() || steps > most()) {
            throw new IllegalArgumentException("the number of steps is " + steps + "; accepted by " + className + ": " + least() + " to " + most());
        }
        return points(steps).length;
    }

    @Override
    public final Run start(int steps, NDManager manager) {
        calls(steps);
        return run(steps, manager);
    }
}

package io.advunlearn.scheduler;

/** A trajectory along sigmas. */
abstract class SigmaRun extends StepRun {

    private final SigmaSchedule schedule;

    SigmaRun(SigmaSchedule schedule) {
        super(schedule.timesteps());
        this.schedule = schedule;
    }

    final SigmaSchedule schedule() {
        return schedule;
    }

    final double sigma(int step) {
        return schedule.sigmas()[step];
    }

    final NoiseLevel level(int step) {
        return NoiseLevel.ofSigma(sigma(step));
    }
}

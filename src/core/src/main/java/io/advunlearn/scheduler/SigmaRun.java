package io.advunlearn.scheduler;

/** A trajectory along sigmas. */
abstract class SigmaRun extends StepRun {

    private final Prediction prediction;
    private final SigmaSchedule schedule;

    SigmaRun(Prediction prediction, SigmaSchedule schedule) {
        super(schedule.timesteps());
        this.prediction = prediction;
        this.schedule = schedule;
    }

    @Override
    final Prediction.Factors original(int call) {
        return prediction.original(level(call));
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

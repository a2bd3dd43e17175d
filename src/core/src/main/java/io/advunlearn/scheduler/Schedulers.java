package io.advunlearn.scheduler;

import io.advunlearn.model.ConfigFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** The schedulers by the names of their classes in diffusers. */
public final class Schedulers {

    private static final String SUFFIX = "Scheduler";

    private static final Map<String, Function<SchedulerConfig, Scheduler>> CLASSES = new LinkedHashMap<>();

    static {
        CLASSES.put("DDIMScheduler", DdimScheduler::new);
        CLASSES.put("PNDMScheduler", PndmScheduler::new);
        CLASSES.put("LMSDiscreteScheduler", LmsDiscreteScheduler::new);
        CLASSES.put("EulerDiscreteScheduler", EulerDiscreteScheduler::new);
        CLASSES.put("EulerAncestralDiscreteScheduler", EulerAncestralDiscreteScheduler::new);
        CLASSES.put("DPMSolverMultistepScheduler", DpmSolverMultistepScheduler::new);
        CLASSES.put("UniPCMultistepScheduler", UniPcMultistepScheduler::new);
        CLASSES.put("LCMScheduler", LcmScheduler::new);
    }

    private Schedulers() { }

    /**
     * The scheduler that a {@code scheduler_config.json} names. Fields of other schedulers of diffusers are ignored, as diffusers does.
     *
     * @throws IllegalArgumentException naming the file, the field and what is accepted
     */
    public static Scheduler read(Path schedulerConfigJson) {
        ConfigFile file = ConfigFile.read(schedulerConfigJson);
        String name = file.text("_class_name", "", CLASSES.keySet().toArray(String[]::new));
        if (name.isEmpty()) {
            throw file.refuse("_class_name", "absent", String.join(", ", CLASSES.keySet()));
        }
        return create(name, new SchedulerConfig(file, false));
    }

    /**
     * @param name a class of diffusers, with or without its ending: {@code EulerDiscreteScheduler} or {@code EulerDiscrete}
     * @return with its ending
     * @throws IllegalArgumentException naming what is accepted
     */
    public static String className(String name) {
        String className = name.endsWith(SUFFIX) ? name : name + SUFFIX;
        if (!CLASSES.containsKey(className)) {
            throw new IllegalArgumentException("scheduler is " + name + "; accepted: " + String.join(", ", CLASSES.keySet())
                    + ", each also without " + SUFFIX);
        }
        return className;
    }

    static Scheduler create(String className, SchedulerConfig config) {
        Scheduler scheduler = CLASSES.get(className).apply(config);
        config.file().refuseUnknown();
        return scheduler;
    }
}

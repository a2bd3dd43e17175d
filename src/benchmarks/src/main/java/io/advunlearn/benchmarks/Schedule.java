package io.advunlearn.benchmarks;

import io.advunlearn.erasure.ErasureMethods;
import io.advunlearn.erasure.ErasureRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/**
 * How long the trainings are that are compared.
 *
 * @param iterations outer steps
 * @param warmup first outer steps, without an attack
 * @param attackSteps updates of one attack
 */
record Schedule(int iterations, int warmup, int attackSteps) {

    private static final List<String> SCHEDULED = List.of(ErasureMethods.DEFAULT, "esd");

    /** {@code 100/20/10}: outer steps, warm-up steps and attack steps. */
    static final class Parser implements CommandLine.ITypeConverter<Schedule> {

        @Override
        public Schedule convert(String text) {
            String[] parts = text.split("/");
            if (parts.length != 3) {
                throw new CommandLine.TypeConversionException("must be three numbers as in 100/20/10, not " + text);
            }
            try {
                return new Schedule(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
            } catch (NumberFormatException e) {
                throw new CommandLine.TypeConversionException("must be three numbers as in 100/20/10, not " + text);
            }
        }
    }

    /** The request with this schedule, if its method knows a warm-up; the others keep their own. */
    ErasureRequest of(ErasureRequest request) {
        if (!SCHEDULED.contains(request.method())) {
            return request;
        }
        Map<String, Object> settings = new LinkedHashMap<>(request.settings());
        settings.put("iterations", iterations);
        settings.put("warmupIterations", warmup);
        settings.put("attackSteps", attackSteps);
        return new ErasureRequest(request.concept(), request.kind(), request.method(), request.profile(), request.seed(), settings);
    }
}

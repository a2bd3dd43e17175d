package io.advunlearn.service.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.advunlearn.evaluation.Gates;
import io.advunlearn.pipeline.BundledModel;
import io.advunlearn.pipeline.Retention;
import io.advunlearn.registry.EncoderRegistry;
import io.advunlearn.registry.FileEncoderRegistry;
import io.advunlearn.registry.FileJobClaims;
import io.advunlearn.registry.JobClaims;
import io.advunlearn.registry.RegistryException;
import io.advunlearn.registry.UploadLimits;
import io.advunlearn.service.AdvUnlearnService;
import io.advunlearn.service.ServiceSettings;
import io.advunlearn.service.json.Answer;
import io.advunlearn.service.serving.Limits;
import io.advunlearn.service.serving.Observers;
import io.advunlearn.service.serving.PipelineSettings;
import io.advunlearn.service.serving.RateLimits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;

/** A replica that serves the bundled model, in this process, and can be cut off from its claims. Its leases last 2 s. */
final class JobReplica implements AutoCloseable {

    static final String PIPELINE = "emoji-sd";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ERASURE = "{\"concept\": \"%s\", \"profile\": \"kv\", \"settings\": {\"iterations\": %d, \"eraseBatch\": 2, \"attackSteps\": 1, "
            + "\"bankStarts\": 2, \"retainStarts\": 4, \"bankSteps\": 2, \"eraseTexts\": 4, \"retainTexts\": 8, \"retainBatch\": 2, \"checkpointInterval\": 1}%s}";

    private final AdvUnlearnService service;
    private final CountDownLatch crashed = new CountDownLatch(1);
    private volatile boolean cutOff;
    private volatile String crashAt;
    private volatile boolean crashBefore;
    private volatile String exhaustedAt;

    JobReplica(Path directory, String name, Map<String, String> gates) {
        this(directory, name, gates, OptionalLong.empty());
    }

    JobReplica(Path directory, String name, Map<String, String> gates, OptionalLong memory) {
        service = new AdvUnlearnService(new ServiceSettings(directory, Optional.empty(), name, Duration.ofSeconds(60), Limits.DEFAULT, UploadLimits.DEFAULT,
                Retention.SERVING, new JobSettings(Duration.ofSeconds(2), memory)), registry(new FileEncoderRegistry(directory, name)),
                reached(JobClaims.class, new FileJobClaims(directory)), Observers.NONE, RateLimits.NONE);
        service.pipelines().load(PIPELINE, new PipelineSettings(BundledModel.directory(), "cpu", Optional.empty(), List.of(), true, 25, 5, Optional.empty(),
                Gates.parse(gates)));
        service.start();
    }

    AdvUnlearnService service() {
        return service;
    }

    /** Its claims cannot be reached from now on. */
    void cutOff() {
        cutOff = true;
    }

    /** At a call of the registry it stands still for longer than a lease, and then fails. @param before whether nothing is written */
    void crashAt(String method, boolean before) {
        crashBefore = before;
        crashAt = method;
    }

    /** At the next such call of the registry memory is used up. */
    void exhaustAt(String method) {
        exhaustedAt = method;
    }

    void awaitCrash() throws InterruptedException {
        crashed.await();
    }

    private <T> T reached(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
            if (cutOff) {
                throw new RegistryException("out of reach");
            }
            return invoke(target, method, arguments);
        }));
    }

    private EncoderRegistry registry(EncoderRegistry target) {
        return (EncoderRegistry) Proxy.newProxyInstance(EncoderRegistry.class.getClassLoader(), new Class<?>[] {EncoderRegistry.class}, (proxy, method, arguments) -> {
            if (method.getName().equals(exhaustedAt)) {
                exhaustedAt = null;
                throw new OutOfMemoryError("Java heap space");
            }
            if (!method.getName().equals(crashAt)) {
                return invoke(target, method, arguments);
            }
            crashAt = null;
            if (!crashBefore) {
                invoke(target, method, arguments);
            }
            cutOff();
            crashed.countDown();
            Thread.sleep(Duration.ofSeconds(3).toMillis());
            throw new IllegalStateException("crashed");
        });
    }

    private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** As below, of a church. */
    String erase(int iterations, String more) {
        return erase("church", iterations, more);
    }

    /** @param more members of the body, each with a comma before it; @return the job's id */
    String erase(String concept, int iterations, String more) {
        Answer accepted = service.admin().erasures().start(new ByteArrayInputStream(ERASURE.formatted(concept, iterations, more).getBytes(StandardCharsets.UTF_8)));
        assertThat(accepted.status()).as(new String(accepted.body(), StandardCharsets.UTF_8)).isEqualTo(202);
        return accepted.headers().get("Location").replaceAll(".*/", "");
    }

    JsonNode erasure(String id) throws IOException {
        return json(service.admin().erasures().get(id));
    }

    static JsonNode json(Answer answer) throws IOException {
        return JSON.readTree(answer.body());
    }

    static String state(JsonNode job) {
        return job.path("state").asText();
    }

    /** Waits until an erasure has got somewhere. */
    JsonNode await(String id, Predicate<JsonNode> reached) throws Exception {
        while (true) {
            JsonNode job = erasure(id);
            if (reached.test(job)) {
                return job;
            }
            assertThat(state(job)).as(job.toString()).isIn("queued", "running");
            Thread.sleep(50);
        }
    }

    JsonNode await(String id, String state) throws Exception {
        return await(id, job -> state(job).equals(state));
    }

    @Override
    public void close() {
        service.close();
    }
}

package ai.djl.serving;

import ai.djl.Device;
import ai.djl.inference.Predictor;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.serving.plugins.RequestHandler;
import ai.djl.serving.util.MutableClassLoader;
import java.io.InputStream;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;

/**
 * Does what DJL Serving 0.36.0 does with {@code MODEL_SERVER_HOME}, in the class loader of its {@code lib/}: plugins get a loader
 * beside {@code deps/}, models are loaded with {@code deps/} as context. A test in another class loader talks to it in JDK types:
 * a command and its arguments in, a map out.
 */
public final class ServerDouble implements Function<List<String>, Map<String, String>> {

    private RequestHandler<?> handler;
    private ZooModel<Input, Output> model;

    @Override
    public Map<String, String> apply(List<String> command) {
        try {
            return switch (command.get(0)) {
                case "load-plugins" -> loadPlugins(Path.of(command.get(1)));
                case "load-model" -> loadModel(Path.of(command.get(1)));
                case "predict" -> predict(command.get(1), command.get(2));
                case "http" -> http(command.get(1), command.get(2), command.get(3), command.get(4));
                case "unload-model" -> unloadModel();
                default -> throw new IllegalArgumentException(command.get(0));
            };
        } catch (Exception e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private Map<String, String> loadPlugins(Path directory) throws Exception {
        ClassLoader plugins = new URLClassLoader(MutableClassLoader.jars(directory), ServerDouble.class.getClassLoader());
        Properties definition = new Properties();
        try (InputStream file = plugins.getResourceAsStream("META-INF/plugin.definition")) {
            definition.load(file);
        }
        handler = (RequestHandler<?>) plugins.loadClass(definition.getProperty("export")).getConstructor().newInstance();
        return Map.of("name", definition.getProperty("name"));
    }

    private Map<String, String> loadModel(Path directory) throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(MutableClassLoader.getInstance());
        try {
            Properties properties = new Properties();
            try (InputStream file = Files.newInputStream(directory.resolve("serving.properties"))) {
                properties.load(file);
            }
            Criteria.Builder<Input, Output> criteria = Criteria.builder().setTypes(Input.class, Output.class)
                    .optModelUrls(directory.toUri().toURL().toString()).optEngine(properties.getProperty("engine")).optDevice(Device.cpu());
            properties.forEach((key, value) -> {
                String name = key.toString();
                if (name.startsWith("option.")) {
                    criteria.optOption(name.substring("option.".length()), value.toString());
                } else {
                    criteria.optArgument(name, value);
                }
            });
            model = criteria.build().loadModel();
            return Map.of();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private Map<String, String> predict(String body, String accept) throws Exception {
        Input input = new Input();
        input.addProperty("accept", accept);
        input.add("data", body.getBytes(StandardCharsets.UTF_8));
        try (Predictor<Input, Output> predictor = model.newPredictor()) {
            Output output = predictor.predict(input);
            return answer(output.getCode(), output.getProperties(), output.getData().getAsBytes());
        }
    }

    private Map<String, String> http(String method, String path, String token, String body) {
        ServerChannel.Received answer = new ServerChannel(handler).send(method, path, body, Map.of("Authorization", "Bearer " + token)).receive();
        return answer(answer.status(), answer.headers(), answer.body());
    }

    private static Map<String, String> answer(int status, Map<String, String> headers, byte[] body) {
        Map<String, String> answer = new HashMap<>(headers);
        answer.put("status", Integer.toString(status));
        answer.put("body", new String(body, StandardCharsets.ISO_8859_1));
        return answer;
    }

    private Map<String, String> unloadModel() {
        model.close();
        return Map.of();
    }
}

"""The board on an MQTT broker, by the project's topic convention (`monitor.wire.mqtt_topics`).

`messages` decides what is said, `outlet` carries it.
"""
